#include "cli/cluster/start.h"

#include <cerrno>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <memory>
#include <optional>
#include <utility>

#include <fmt/format.h>
#include <boost/describe/class.hpp>

#include <manta/detail/json.h>

#include "base/loop.h"
#include "base/task_scope.h"
#include "cli/call.h"
#include "cli/cluster/ray_python.h"
#include "cli/cluster/readiness.h"
#include "cli/cluster/setup.h"
#include "cli/instance_record.h"
#include "cli/log_tail.h"
#include "cli/terminal.h"
#include "runtime/local/fd_watch.h"
#include "runtime/local/instance_dir.h"
#include "runtime/ray/wakeup.h"

namespace manta::cli {
namespace {

constexpr Duration kAskLimit = std::chrono::seconds(120);  // of Python and Ray: a cold start of an actor is in it
constexpr Duration kAskController = std::chrono::seconds(5);
constexpr Duration kReadyEvery = std::chrono::milliseconds(200);
constexpr Duration kWatchEvery = std::chrono::seconds(1);

// The answer of `python -m manta_ray controller ...`.
struct ControllerState {
  std::string state;  // running, restarting, ended, absent
  int pid = 0;
  bool attached = false;
  int exit_code = -1;
  std::string last_output, reason;
};
BOOST_DESCRIBE_STRUCT(ControllerState, (), (state, pid, attached, exit_code, last_output, reason))

std::string why_it_ended(const ControllerState& state) {
  std::string text = state.last_output.empty() ? state.reason : state.last_output;
  while (text.ends_with('\n')) text.pop_back();
  return text.empty() ? fmt::format("exit code {}", state.exit_code) : text;
}

// What keeps an instance from being ready stands in the controller's log.
void print_if_error(std::string_view line) {
  if (line.find(" E controller ") != std::string_view::npos) print_error_line(line);
}

// One `manta start`: its way from nothing to ready, and to the end of the instance.
class ClusterStart {
 public:
  ClusterStart(const ClusterArguments& cluster, const std::string& ray_address, const InstanceOptions& options,
               const Environment& environment, RayPython python)
      : cluster_(cluster),
        ray_address_(ray_address),
        options_(options),
        environment_(environment),
        python_(std::move(python)),
        paths_(runtime::instance_paths(options.state_dir, environment.runtime_root())),
        controller_{"unix:" + paths_.controller_socket()},
        loop_(clock_),
        tasks_(loop_) {}

  int run();

 private:
  Task<void> go();
  Task<Result<void>> start();
  Task<Result<void>> start_controller();
  Task<Result<void>> wait_until_ready();
  Task<Result<void>> check_alive();
  Task<int> watch();
  Task<Result<ControllerState>> ask(std::string word, std::string document);
  void print_ready() const;
  void on_signal();

  const ClusterArguments& cluster_;
  const std::string ray_address_;
  const InstanceOptions& options_;
  const Environment& environment_;
  const RayPython python_;
  const runtime::InstancePaths paths_;
  const net::Address controller_;
  SystemClock clock_;
  Loop loop_;
  bool attached_ = false;
  bool ending_ = false;
  int pid_ = 0;  // of the controller; 0: not known
  int exit_code_ = 0;
  TaskScope tasks_;
};

Task<Result<ControllerState>> ClusterStart::ask(std::string word, std::string document) {
  auto answer = co_await ask_manta_ray(loop_, python_, environment_, {"controller", std::move(word)},
                                       std::move(document), kAskLimit);
  if (!answer) co_return std::unexpected(std::move(answer.error()));
  co_return detail::from_json<ControllerState>(*answer, UnknownKeys::Ignore);
}

// The lock of the state folder is the controller's; taken here for a moment, it tells that nobody runs there, and makes
// the folder.
Task<Result<void>> ClusterStart::start() {
  auto lock = runtime::InstanceLock::acquire(paths_);
  if (lock) {
    lock->reset();
    co_return co_await start_controller();
  }
  const auto record = read_instance_record(paths_.state);
  if (!record || record->backend != kRayBackend) co_return std::unexpected(lock.error());
  attached_ = true;
  pid_ = record->pid;
  co_return Result<void>();
}

Task<Result<void>> ClusterStart::start_controller() {
  auto setup = set_up_cluster(cluster_, ray_address_, options_, paths_, environment_);
  if (!setup) co_return std::unexpected(std::move(setup.error()));
  print_line(fmt::format("starting the controller on the Ray cluster at {}", ray_address_));
  const auto started = co_await ask("start", std::move(setup->document));
  if (!started) co_return std::unexpected(started.error());
  attached_ = started->attached;
  pid_ = started->pid;
  if (attached_) co_return Result<void>();
  for (const std::string& notice : setup->notices) print_line(notice);
  co_return Result<void>();
}

// A controller that ends before it was ready will not do better when it is started again.
Task<Result<void>> ClusterStart::check_alive() {
  if (pid_ == 0 || ::kill(pid_, 0) == 0 || errno != ESRCH) co_return Result<void>();
  const auto now = co_await ask("status", controller_question(cluster_, ray_address_));
  if (!now) co_return std::unexpected(now.error());
  if (now->pid != 0) pid_ = now->pid;
  if (attached_ && (now->state == "running" || now->state == "restarting")) co_return Result<void>();
  (void)co_await ask("stop", controller_question(cluster_, ray_address_));
  co_return fail(ErrorCode::Unavailable, "the controller cannot start: " + why_it_ended(*now));
}

Task<Result<void>> ClusterStart::wait_until_ready() {
  ClusterReadiness readiness(options_.config.proxy_location, loop_.now());
  LogTail log(paths_.log("controller"));
  log.last(0, [](std::string_view) {});
  while (!ending_) {
    auto answer = co_await call_once(loop_, controller_, "GET", "/api/serve/nodes", "", kAskController);
    auto status = co_await call_once(loop_, controller_, "GET", "/api/serve/status", "", kAskController);
    if (answer && status) {
      for (const std::string& line : readiness.take(answer->body, status->body, loop_.now())) print_line(line);
      if (readiness.is_ready()) co_return Result<void>();
    } else if (auto alive = co_await check_alive(); !alive) {
      co_return alive;
    }
    log.follow(print_if_error);
    co_await runtime::pause_for(loop_, kReadyEvery);
  }
  co_return Result<void>();
}

void ClusterStart::print_ready() const {
  const auto record = read_instance_record(paths_.state);
  if (!record) return;
  const std::string where = attached_ ? "attached to the instance that runs already; " : "";
  print_line(fmt::format("{}admin port {}, state folder {}", where, record->admin_address, paths_.state));
  const bool everywhere = record->http_address.starts_with("0.0.0.0:");
  const std::string door = everywhere ? "127.0.0.1" + record->http_address.substr(7) : record->http_address;
  if (options_.config.proxy_location == "Disabled")
    return print_line("ready: without HTTP (proxy_location Disabled), admin port " + record->admin_address);
  print_line("ready: http://" + door);
}

// Until the instance has ended. A controller that is being started again is waited for.
Task<int> ClusterStart::watch() {
  while (true) {
    co_await runtime::pause_for(loop_, kWatchEvery);
    if (co_await call_once(loop_, controller_, "GET", "/-/healthz", "", kAskController)) continue;
    const auto now = co_await ask("status", controller_question(cluster_, ray_address_));
    if (!now) {
      print_error_line("warning: " + now.error().message);
      continue;
    }
    if (now->state == "running" || now->state == "restarting") continue;
    if (now->exit_code == 0) co_return 0;
    print_error_line("error: the controller ended: " + why_it_ended(*now));
    co_return 1;
  }
}

Task<void> ClusterStart::go() {
  auto ready = co_await start();
  if (ready) ready = co_await wait_until_ready();
  if (!ready) {
    print_error_line("error: " + ready.error().message);
    exit_code_ = 1;
    co_return loop_.stop();
  }
  if (!ending_) print_ready();
  if (!cluster_.detach || ending_) exit_code_ = co_await watch();
  loop_.stop();
}

Task<void> shut_down(Loop& loop, net::Address controller) {
  const auto told = co_await call_once(loop, std::move(controller), "POST", "/-/shut_down", "", kAskController);
  if (!told) print_error_line("warning: the controller cannot be told to stop: " + told.error().message);
}

void ClusterStart::on_signal() {
  if (std::exchange(ending_, true)) {
    print_error_line("left; the instance goes on ending by itself");
    exit_code_ = 1;
    return loop_.stop();
  }
  print_line("stopping: open requests finish, then the replicas (once more to leave it to itself)");
  tasks_.spawn(shut_down(loop_, controller_));
}

int ClusterStart::run() {
  const auto signals = runtime::watch_signals(loop_, {SIGINT, SIGTERM, SIGHUP}, [this](int) { on_signal(); });
  loop_.post([this] { tasks_.spawn(go()); });
  loop_.run();
  return exit_code_;
}

}  // namespace

int start_on_cluster(const ClusterArguments& cluster, const std::string& ray_address, const InstanceOptions& options,
                     const Environment& environment) {
  std::error_code ignored;
  auto python = find_ray_python(environment, std::filesystem::read_symlink("/proc/self/exe", ignored).string());
  if (!python) {
    print_error_line("error: " + python.error().message);
    return 1;
  }
  return ClusterStart(cluster, ray_address, options, environment, std::move(*python)).run();
}

}  // namespace manta::cli
