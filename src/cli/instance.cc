#include "cli/instance.h"

#include <chrono>
#include <csignal>
#include <fstream>
#include <memory>
#include <utility>

#include <fmt/format.h>
#include <unistd.h>

#include <manta/detail/json.h>

#include "base/log.h"
#include "base/loop.h"
#include "base/task_scope.h"
#include "cli/background.h"
#include "cli/call.h"
#include "cli/instance_record.h"
#include "cli/listening_sockets.h"
#include "cli/one_shot.h"
#include "cli/reload.h"
#include "cli/startup.h"
#include "cli/terminal.h"
#include "runtime/local/agent.h"
#include "runtime/local/agent_server.h"
#include "runtime/local/orphans.h"

namespace manta::cli {
namespace {

constexpr double kProxyDrainS = 30;
constexpr double kReplicaGraceS = 20;
constexpr Duration kStopAllTimeout = std::chrono::minutes(5);

// One life of an instance: its agent, its sockets, the way up and the way down.
class Instance {
 public:
  Instance(const InstanceOptions& options, const Environment& environment, runtime::InstancePaths paths,
           std::string node_id, ListeningSockets sockets);

  int run();

 private:
  runtime::AgentOptions agent_options(const Environment& environment) const;
  runtime::RoleProcess controller_role() const;
  runtime::RoleProcess proxy_role() const;
  bool has_proxy() const { return options_.config.proxy_location != "Disabled"; }
  Result<void> begin();
  void on_line(std::string_view source, std::string_view line);
  void on_role_end(const std::string& role, bool failed, const std::string& last_output);
  void on_started(const Startup::Outcome& outcome);
  void on_signal(int signal);
  void stop();
  Task<void> stop_gracefully();

  InstanceOptions options_;
  runtime::InstancePaths paths_;
  std::string node_id_;
  ListeningSockets sockets_;
  std::string token_;
  SystemClock clock_;
  Loop loop_;
  Logger logger_;
  runtime::NodeAgent agent_;
  std::unique_ptr<runtime::AgentServer> server_;
  std::unique_ptr<runtime::FdWatch> signals_;
  std::unique_ptr<Startup> startup_;
  std::unique_ptr<Reload> reload_;
  bool ready_ = false;
  bool in_background_ = false;
  bool stopping_ = false;
  int exit_code_ = 0;
  TaskScope tasks_;
};

std::string url_of(const std::string& address) {
  return "http://" + (address.starts_with("0.0.0.0:") ? "127.0.0.1" + address.substr(7) : address);
}

std::string door_address(const std::string& address) {
  return address.starts_with("0.0.0.0:") ? "127.0.0.1" + address.substr(7) : address;
}

Instance::Instance(const InstanceOptions& options, const Environment& environment, runtime::InstancePaths paths,
                   std::string node_id, ListeningSockets sockets)
    : options_(options),
      paths_(std::move(paths)),
      node_id_(std::move(node_id)),
      sockets_(std::move(sockets)),
      token_(fmt::format("{}:{}", paths_.state, ::getpid())),
      loop_(clock_),
      logger_({.component = "agent", .level = options.verbose ? LogLevel::Info : LogLevel::Warn, .async = false}),
      agent_(loop_, logger_, agent_options(environment),
             [this](std::string_view source, std::string_view line) { on_line(source, line); }),
      tasks_(loop_) {}

runtime::AgentOptions Instance::agent_options(const Environment& environment) const {
  std::vector<std::string> entries;
  for (const std::string& entry : environment.entries())
    if (!entry.starts_with(std::string(runtime::kInstanceVariable) + "=")) entries.push_back(entry);
  entries.push_back(std::string(runtime::kInstanceVariable) + "=" + token_);
  return {.paths = paths_,
          .node_id = node_id_,
          .argv0 = options_.argv0,
          .environment = std::move(entries),
          .token = token_,
          .total = options_.total,
          .labels = options_.labels,
          .accelerator_type = options_.accelerator_type,
          .enforce_limits = options_.enforce_limits};
}

runtime::RoleProcess Instance::controller_role() const {
  const std::string door = has_proxy() ? door_address(sockets_.http_address) : "";
  spec::HttpOptions http = options_.config.http_options;
  if (const std::size_t colon = door.rfind(':'); colon != std::string::npos)
    http.port = std::stoi(door.substr(colon + 1));
  return {.name = "controller",
          .arguments = {"controller", "--state-dir", paths_.state, "--node-id", node_id_, "--socket-fd", "3",
                        "--admin-fd", "4", "--agent-socket", paths_.agent_socket(), "--controller-socket",
                        paths_.controller_socket(), "--http-address", door, "--http-options",
                        detail::to_json(http).value_or("{}"), "--proxy-location", options_.config.proxy_location},
          .inherited = {sockets_.controller, sockets_.admin}};
}

runtime::RoleProcess Instance::proxy_role() const {
  runtime::RoleProcess role{
      .name = "proxy",
      .arguments = {"proxy", "--node-id", node_id_, "--listen-fd", "3", "--controller-address",
                    "unix:" + paths_.controller_socket(), "--agent-socket", paths_.agent_socket(), "--http-options",
                    detail::to_json(options_.config.http_options).value_or("{}")},
      .inherited = {sockets_.http}};
  if (sockets_.metrics < 0) return role;
  role.arguments.insert(role.arguments.end(), {"--metrics-fd", "4"});
  role.inherited.push_back(sockets_.metrics);
  return role;
}

Result<void> Instance::begin() {
  signals_ = runtime::watch_signals(loop_, {SIGINT, SIGTERM, SIGHUP}, [this](int signal) { on_signal(signal); });
  if (auto begun = agent_.begin(); !begun) return begun;
  agent_.on_role_end(
      [this](const std::string& role, bool failed, const std::string& output) { on_role_end(role, failed, output); });
  server_ =
      std::make_unique<runtime::AgentServer>(loop_, agent_, std::exchange(sockets_.agent, -1), [this] { stop(); });
  if (auto started = agent_.start_role(controller_role()); !started) return started;
  if (has_proxy())
    if (auto started = agent_.start_role(proxy_role()); !started) return started;
  write_instance_record(paths_, {.pid = static_cast<int>(::getpid()),
                                 .node_id = node_id_,
                                 .http_address = sockets_.http_address,
                                 .admin_address = sockets_.admin_address,
                                 .controller_socket = paths_.controller_socket(),
                                 .agent_socket = paths_.agent_socket()});
  startup_ = std::make_unique<Startup>(loop_, options_, "unix:" + paths_.controller_socket(),
                                       door_address(sockets_.http_address),
                                       [this](const Startup::Outcome& outcome) { on_started(outcome); });
  if (options_.read_again)
    reload_ = std::make_unique<Reload>(loop_, options_.target, options_.read_again,
                                       net::Address{"unix:" + paths_.controller_socket()});
  tasks_.spawn(startup_->go());
  return {};
}

int Instance::run() {
  loop_.post([this] {
    if (auto begun = begin(); !begun) {
      print_error_line("error: " + begun.error().message);
      exit_code_ = 1;
      loop_.stop();
    }
  });
  loop_.run();
  agent_.kill_everything();
  return exit_code_;
}

// Output of replicas belongs to the person at the terminal; that of the framework's own processes is in their log
// files.
void Instance::on_line(std::string_view source, std::string_view line) {
  if (in_background_) return;  // it is in the replica's own file
  const bool is_role = source == "controller" || source == "proxy";
  if (!is_role || options_.verbose) print_error_line(fmt::format("[{}] {}", source, line));
}

// Before the instance is up, a role that gives up by itself will not do better when it is started again.
void Instance::on_role_end(const std::string& role, bool failed, const std::string& last_output) {
  if (ready_ || stopping_ || !failed) return;
  print_error_line(fmt::format("error: the {} cannot start: {}", role, last_output));
  exit_code_ = 1;
  stop();
}

void Instance::on_started(const Startup::Outcome& outcome) {
  startup_.reset();
  if (stopping_) return;
  if (outcome.ready) {
    ready_ = true;
    print_line(has_proxy() ? "ready: " + url_of(sockets_.http_address)
                           : "ready: without HTTP (proxy_location Disabled), admin port " + sockets_.admin_address);
    if (reload_) reload_->begin(options_.config);
    if (options_.ready_fd < 0) return;
    in_background_ = true;
    let_go(options_.ready_fd, paths_.log("agent"));
    return;
  }
  print_error_line("error: " + outcome.error);
  exit_code_ = 1;
  stop();
}

void Instance::on_signal(int) {
  if (stopping_) {
    print_error_line("stopped at once");
    return loop_.stop();
  }
  print_line("stopping: open requests finish, then the replicas (once more to stop at once)");
  stop();
}

void Instance::stop() {
  if (std::exchange(stopping_, true)) return;
  reload_.reset();
  tasks_.spawn(stop_gracefully());
}

// The door first, so that nothing new comes in; then the applications, callers before callees; then the controller.
Task<void> Instance::stop_gracefully() {
  agent_.begin_shutdown();
  if (sockets_.http >= 0) ::close(std::exchange(sockets_.http, -1));
  OneShot drained;
  if (has_proxy()) {
    agent_.stop_role("proxy", kProxyDrainS, [&drained] { drained.fire(); });
    co_await drained;
  }
  if (agent_.role_runs("controller")) {
    const net::Address controller{"unix:" + paths_.controller_socket()};
    auto stopped = co_await call_once(loop_, controller, "POST", "/-/stop_all", "", kStopAllTimeout);
    if (!stopped) logger_.warn("the controller did not stop the replicas", {{"error", stopped.error().message}});
  }
  for (const runtime::ObservedReplica& replica : agent_.list()) agent_.stop(replica.id, kReplicaGraceS);
  OneShot empty;
  agent_.when_no_replicas([&empty] { empty.fire(); });
  co_await empty;
  OneShot ended;
  agent_.stop_role("controller", 5, [&ended] { ended.fire(); });
  co_await ended;
  loop_.stop();
}

int fail_with(const Error& error) {
  print_error_line("error: " + error.message);
  return 1;
}

}  // namespace

int run_instance(const InstanceOptions& options, const Environment& environment) {
  auto paths = runtime::instance_paths(options.state_dir, environment.runtime_root());
  const auto lock = runtime::InstanceLock::acquire(paths);
  if (!lock) return fail_with(lock.error());
  auto node_id = runtime::node_id(paths);
  if (!node_id) return fail_with(node_id.error());
  auto sockets = ListeningSockets::open(options, paths);
  if (!sockets) return fail_with(sockets.error());
  for (const std::string& notice : sockets->notices) print_line(notice);
  Instance instance(options, environment, std::move(paths), std::move(*node_id), std::move(*sockets));
  return instance.run();
}

}  // namespace manta::cli
