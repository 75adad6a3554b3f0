#include "runtime/local/agent.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>

#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/unix_time.h"
#include "net/address.h"
#include "runtime/allocator.h"
#include "runtime/local/orphans.h"
#include "runtime/local/spawn.h"

namespace manta::runtime {
namespace {

constexpr Duration kGroupLookEvery = std::chrono::milliseconds(2);
constexpr int kGroupLooks = 5'000;
constexpr const char* kOwnAddress = "127.0.0.1";  // as the proxy of this machine names it

std::string file_name_of(std::string text) {
  for (char& c : text)
    if (!std::isalnum(static_cast<unsigned char>(c)) && !strchr("._#-", c)) c = '_';
  return text;
}

std::string ending(int status) {
  if (WIFSIGNALED(status))
    return fmt::format("killed by signal {} ({})", WTERMSIG(status), ::strsignal(WTERMSIG(status)));
  return fmt::format("exit code {}", WEXITSTATUS(status));
}

using Variables = std::vector<std::pair<std::string, std::string>>;

std::string_view value_in(const std::vector<std::string>& environment, std::string_view name) {
  for (const std::string_view entry : environment)
    if (entry.starts_with(name) && entry.substr(name.size()).starts_with('=')) return entry.substr(name.size() + 1);
  return {};
}

// `threads`: how many it may use, 0 when nothing limits it.
std::vector<std::string> environment_of_child(const std::vector<std::string>& base, const Variables& changes,
                                              int threads) {
  const std::vector<std::string> given = environment_with(base, changes);
  Variables added{{kAllocatorVariable, allocator_tunables(value_in(given, kAllocatorVariable))}};
  if (threads > 0 && value_in(given, "OMP_NUM_THREADS").empty())
    added.emplace_back("OMP_NUM_THREADS", std::to_string(threads));
  return environment_with(given, added);
}

}  // namespace

Duration role_restart_delay(int deaths) {
  constexpr Duration kFirst = std::chrono::milliseconds(100);
  constexpr Duration kLongest = std::chrono::seconds(5);
  if (deaths <= 1) return Duration::zero();
  return std::min(kLongest, kFirst * (1 << std::min(deaths - 2, 10)));
}

NodeAgent::NodeAgent(Loop& loop, Logger& logger, AgentOptions options, OnLine on_line)
    : loop_(loop),
      logger_(logger),
      options_(std::move(options)),
      on_line_(std::move(on_line)),
      ledger_(options_.node_id) {}

NodeAgent::~NodeAgent() { kill_everything(); }

Result<void> NodeAgent::begin() {
  if (::prctl(PR_SET_CHILD_SUBREAPER, 1) != 0)
    return fail(ErrorCode::Internal, fmt::format("cannot become a subreaper: {}", std::strerror(errno)));
  child_signals_ = watch_signals(loop_, {SIGCHLD}, [this](int) { reap(); });
  auto guard = start_guard(options_.token);
  if (!guard) return std::unexpected(std::move(guard.error()));
  guard_ = *guard;
  if (options_.enforce_limits) begin_limits();
  return {};
}

Result<pid_t> NodeAgent::launch(Child& child, const std::string& program, std::vector<std::string> argv,
                                const std::vector<std::pair<std::string, std::string>>& environment,
                                std::vector<int> inherited, ProcessLimits limits) {
  auto output = OutputCapture::open(loop_, options_.paths.log(file_name_of(child.name)),
                                    [this, name = child.name](std::string_view line) { on_line_(name, line); });
  if (!output) return std::unexpected(std::move(output.error()));
  const SpawnOptions spawn_options{
      .program = program,
      .argv = std::move(argv),
      .environment = environment_of_child(options_.environment, environment, limits.threads),
      .inherited = std::move(inherited),
      .output = (*output)->write_end(),
      .limits = std::move(limits)};
  auto pid = spawn(spawn_options);
  if (!pid) return pid;
  (*output)->close_write_end();
  child.pid = *pid;
  child.output = std::move(*output);
  child.since = loop_.now();
  return pid;
}

Result<void> NodeAgent::start_role(RoleProcess role) {
  Child& child = roles_[role.name];
  child.name = role.name;
  child.role = std::move(role);
  return launch_role(child);
}

Result<void> NodeAgent::launch_role(Child& child) {
  std::vector<std::string> argv{options_.argv0};
  argv.insert(argv.end(), child.role.arguments.begin(), child.role.arguments.end());
  auto pid = launch(child, options_.program, std::move(argv), {}, child.role.inherited);
  if (!pid) return std::unexpected(std::move(pid.error()));
  logger_.info("role started", {{"role", child.name}, {"pid", *pid}});
  return {};
}

Result<ObservedReplica> NodeAgent::start(const ReplicaProcess& process) {
  if (const auto known = replicas_.find(process.id); known != replicas_.end()) return known->second.observed;
  if (shutting_down_) return fail(ErrorCode::Unavailable, "the instance is stopping");
  if (process.epoch < epoch_)
    return fail(ErrorCode::Unavailable,
                fmt::format("a controller of epoch {} is obeyed, not of {}", epoch_, process.epoch));
  epoch_ = process.epoch;
  const std::string socket_path = options_.paths.replica_socket(fmt::format("{:x}", next_socket_++));
  const net::Address address{"unix:" + socket_path};
  auto listening = net::listen_on(address);
  if (!listening) return std::unexpected(std::move(listening.error()));
  Child child{.name = process.id, .socket_path = socket_path};
  std::vector<std::string> argv{options_.argv0, "replica"};
  argv.insert(argv.end(), process.arguments.begin(), process.arguments.end());
  argv.insert(argv.end(), {"--listen-fd", std::to_string(kFirstInherited)});
  std::vector<std::pair<std::string, std::string>> environment(process.environment.begin(), process.environment.end());
  environment.emplace_back(spec::kPlacementGroupVariable, hold_bundles(process));
  const std::string program = process.program.empty() ? options_.program : process.program;
  const auto launched = [&]() -> Result<pid_t> {
    auto limits = limits_for(process);
    if (!limits) return std::unexpected(std::move(limits.error()));
    return launch(child, program, std::move(argv), environment, {*listening}, *std::move(limits));
  };
  auto pid = launched();
  ::close(*listening);
  if (!pid) {
    ::unlink(socket_path.c_str());
    release(process.id);
    return std::unexpected(std::move(pid.error()));
  }
  child.observed = {.id = process.id,
                    .address = address.text,
                    .node_id = options_.node_id,
                    .pid = *pid,
                    .start_time_s = unix_time_s(),
                    .epoch = process.epoch,
                    .labels = process.labels};
  const auto added = replicas_.emplace(process.id, std::move(child)).first;
  return added->second.observed;
}

void NodeAgent::signal_child(Child& child, int signal) {
  if (child.pid > 0) ::kill(signal == SIGKILL ? -child.pid : child.pid, signal);
}

void NodeAgent::stop(const std::string& id, double grace_s) {
  const auto found = replicas_.find(id);
  if (found == replicas_.end()) return;
  Child& child = found->second;
  if (child.exit) return;
  if (child.kill_timer == 0) signal_child(child, SIGTERM);
  loop_.cancel(child.kill_timer);
  const auto grace = std::chrono::duration_cast<Duration>(std::chrono::duration<double>(std::max(0.0, grace_s)));
  child.kill_timer = loop_.after(grace, [this, id] {
    if (const auto late = replicas_.find(id); late != replicas_.end()) signal_child(late->second, SIGKILL);
  });
}

std::vector<ObservedReplica> NodeAgent::list() const {
  std::vector<ObservedReplica> observed;
  for (const auto& [id, child] : replicas_) observed.push_back(child.observed);
  return observed;
}

std::string NodeAgent::metrics_text() {
  const Labels labels{{"node_id", options_.node_id}};
  metrics_.gauge("manta_agent_replicas", "Replica processes on the node.", labels)
      .set(static_cast<double>(replicas_.size()));
  return metrics_.text();
}

void NodeAgent::reap() {
  int status = 0;
  bool replica_gone = false;
  for (pid_t pid = 0; (pid = ::waitpid(-1, &status, WNOHANG)) > 0;) {
    const auto is_it = [pid](const auto& entry) { return entry.second.pid == pid && !entry.second.exit; };
    if (const auto replica = std::ranges::find_if(replicas_, is_it); replica != replicas_.end()) {
      replica_ended(replica, status);
      replica_gone = true;
    } else if (const auto role = std::ranges::find_if(roles_, is_it); role != roles_.end()) {
      role_ended(role->second, status);
    } else if (pid == guard_ && !shutting_down_) {
      guard_ = start_guard(options_.token).value_or(0);
    }
  }
  if (replica_gone) sweep_orphans();
}

void NodeAgent::replica_ended(std::map<std::string, Child>::iterator entry, int status) {
  Child& child = entry->second;
  ::kill(-child.pid, SIGKILL);
  loop_.cancel(std::exchange(child.kill_timer, 0));
  ::unlink(child.socket_path.c_str());
  child.exit = {.id = child.name,
                .pid = child.pid,
                .exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -1,
                .signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0,
                .last_output = child.output->last_lines()};
  metrics_
      .counter("manta_agent_replica_exits", "Replica processes that have ended.",
               {{"node_id", options_.node_id}, {"how", WIFSIGNALED(status) ? "signal" : "exit"}})
      .add();
  logger_.info("replica ended", {{"replica", child.name}, {"pid", child.pid}, {"how", ending(status)}});
  forget_when_group_is_gone(child.name, kGroupLooks);
}

void NodeAgent::forget_when_group_is_gone(const std::string& id, int looks_left) {
  const auto entry = replicas_.find(id);
  Child& child = entry->second;
  if (::kill(-child.pid, 0) == 0 && looks_left > 0) {
    child.kill_timer =
        loop_.after(kGroupLookEvery, [this, id, looks_left] { forget_when_group_is_gone(id, looks_left - 1); });
    return;
  }
  if (looks_left == 0) logger_.warn("processes of an ended replica do not die", {{"replica", id}});
  const ReplicaExit exit = std::move(*child.exit);
  release(id);
  replicas_.erase(entry);
  if (on_exit_) on_exit_(exit);
  if (!replicas_.empty()) return;
  for (auto& done : std::exchange(no_replicas_, {})) done();
}

void NodeAgent::role_ended(Child& child, int status) {
  ::kill(-child.pid, SIGKILL);
  const std::string last_output = child.output->last_lines();
  child.pid = 0;
  note_proxy_shutdown(child);
  loop_.cancel(std::exchange(child.kill_timer, 0));
  if (child.on_end) std::exchange(child.on_end, nullptr)();
  if (on_role_end_) on_role_end_(child.name, WIFEXITED(status) && WEXITSTATUS(status) != 0, last_output);
  if (shutting_down_) return;
  metrics_
      .counter("manta_agent_role_deaths", "Ends of controller or proxy that nobody asked for.",
               {{"node_id", options_.node_id}, {"role", child.name}})
      .add();
  constexpr Duration kProven = std::chrono::seconds(1);
  child.deaths = loop_.now() - child.since > kProven ? 1 : child.deaths + 1;
  logger_.warn("role ended, restarting",
               {{"role", child.name}, {"how", ending(status)}, {"deaths", child.deaths}, {"last_output", last_output}});
  child.restart_timer =
      loop_.after(role_restart_delay(child.deaths), [this, name = child.name] { restart_role(name); });
}

void NodeAgent::note_proxy_shutdown(Child& child) {
  const auto since = std::exchange(child.told_to_end, std::nullopt);
  if (!since || child.name != "proxy") return;
  metrics_
      .histogram("proxy_shutdown_duration_ms", "From the order to a proxy to end until its process had.",
                 {{"node_id", options_.node_id}, {"node_ip_address", kOwnAddress}})
      .observe(std::chrono::duration<double, std::milli>(loop_.now() - *since).count());
}

void NodeAgent::restart_role(const std::string& name) {
  Child& child = roles_.at(name);
  if (shutting_down_ || child.pid != 0) return;
  if (auto launched = launch_role(child); !launched) {
    logger_.error("role cannot start", {{"role", name}, {"error", launched.error().message}});
    ++child.deaths;
    child.restart_timer = loop_.after(role_restart_delay(child.deaths), [this, name] { restart_role(name); });
  }
}

bool NodeAgent::role_runs(const std::string& name) const {
  const auto role = roles_.find(name);
  return role != roles_.end() && role->second.pid != 0;
}

void NodeAgent::stop_role(const std::string& name, double grace_s, std::function<void()> done) {
  if (!role_runs(name)) return done();
  Child& child = roles_.at(name);
  child.on_end = std::move(done);
  child.told_to_end = loop_.now();
  signal_child(child, SIGTERM);
  child.kill_timer = loop_.after(std::chrono::duration_cast<Duration>(std::chrono::duration<double>(grace_s)),
                                 [this, name] { signal_child(roles_.at(name), SIGKILL); });
}

void NodeAgent::kill_role(const std::string& name) {
  if (!role_runs(name) || shutting_down_) return;
  logger_.warn("role does not answer, killing it", {{"role", name}});
  roles_.at(name).told_to_end = loop_.now();
  signal_child(roles_.at(name), SIGKILL);
}

void NodeAgent::when_no_replicas(std::function<void()> done) {
  if (replicas_.empty()) return done();
  no_replicas_.push_back(std::move(done));
}

void NodeAgent::sweep_orphans() {
  std::set<pid_t> own{guard_}, groups;
  for (const auto& children : {&replicas_, &roles_})
    for (const auto& [name, child] : *children) {
      own.insert(child.pid);
      if (child.pid > 0) groups.insert(child.pid);
    }
  if (const int killed = kill_adopted_orphans(own, groups); killed > 0)
    logger_.warn("orphans killed", {{"count", killed}});
}

void NodeAgent::kill_everything() {
  if (guard_ == 0) return;
  shutting_down_ = true;
  for (auto& [id, child] : replicas_) signal_child(child, SIGKILL);
  for (auto& [name, child] : roles_) signal_child(child, SIGKILL);
  kill_instance(options_.token);
  ::kill(std::exchange(guard_, 0), SIGKILL);
  for (auto& [id, child] : replicas_) ::unlink(child.socket_path.c_str());
  kill_adopted_orphans({}, {});
  reap_the_killed();
}

// Everything has been killed: the kernel needs a moment. A process that cannot die (stuck in the kernel) is left
// behind.
void NodeAgent::reap_the_killed() {
  constexpr int kRounds = 500;
  for (int round = 0; round < kRounds; ++round) {
    const pid_t pid = ::waitpid(-1, nullptr, WNOHANG);
    if (pid < 0) return;
    if (pid == 0) ::usleep(1000);
  }
}

}  // namespace manta::runtime
