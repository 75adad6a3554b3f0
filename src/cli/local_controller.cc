#include <csignal>
#include <utility>

#include "base/task_scope.h"
#include "cli/controller_ways.h"
#include "cli/proxy_check.h"
#include "cli/serving_controller.h"
#include "runtime/local/fd_watch.h"
#include "runtime/local/gpu_use.h"
#include "runtime/local/local_backend.h"

namespace manta::cli {
namespace {

// The controller of an instance on this machine: the node agent starts its processes and keeps its sockets.
class LocalController {
 public:
  LocalController(const ControllerArguments& arguments, const Environment& environment, OpenedController opened);
  int run();

 private:
  void begin();
  Task<void> replace_proxy();
  Task<void> end_instance();
  Task<void> watch_gpus();

  const ControllerArguments& arguments_;
  ControllerBase base_;
  runtime::LocalBackend backend_;
  TaskScope tasks_;
  ServingController serving_;
  ProxyCheck proxy_check_;
  runtime::GpuUse gpu_use_;
};

LocalController::LocalController(const ControllerArguments& arguments, const Environment& environment,
                                 OpenedController opened)
    : arguments_(arguments),
      base_(std::move(opened.store), opened.paths),
      backend_(base_.loop, base_.logger, "unix:" + arguments.agent_socket),
      tasks_(base_.loop),
      serving_(base_, backend_,
               {.options = controller_options(arguments, environment, opened.paths, std::move(opened.http),
                                              arguments.controller_socket, "unix:" + arguments.controller_socket),
                .paths = opened.paths,
                .environment = environment.entries(),
                .shut_down = [this] { tasks_.spawn(end_instance()); },
                .security = nullptr}),
      proxy_check_(
          base_.loop, arguments.http_address, proxy_check_options(environment),
          {.status = [this, node = arguments.node_id](
                         std::string status) { serving_.controller().set_proxy_status(node, std::move(status)); },
           .hung = [this] { tasks_.spawn(replace_proxy()); }}),
      gpu_use_(base_.loop, base_.metrics, environment.entries()) {}

void LocalController::begin() {
  serving_.open(arguments_.socket_fd, control::Door::Own);
  serving_.open(arguments_.admin_fd, control::Door::Admin);
  serving_.begin();
  if (arguments_.proxy_location != "Disabled") proxy_check_.begin();
  tasks_.spawn(watch_gpus());
}

int LocalController::run() {
  const auto signals = runtime::watch_signals(base_.loop, {SIGTERM, SIGINT}, [this](int) { base_.loop.stop(); });
  base_.loop.post([this] { begin(); });
  base_.loop.run();
  return 0;
}

Task<void> LocalController::replace_proxy() {
  const auto killed = co_await backend_.kill_role("proxy");
  if (!killed) base_.logger.error("the proxy hangs and cannot be replaced", {{"error", killed.error().message}});
}

Task<void> LocalController::end_instance() {
  const auto ended = co_await backend_.shut_down_instance();
  if (!ended) base_.logger.error("the node agent does not stop", {{"error", ended.error().message}});
}

Task<void> LocalController::watch_gpus() {
  const auto nodes = co_await backend_.nodes();
  if (nodes && !nodes->empty()) gpu_use_.begin(nodes->front());
}

}  // namespace

int run_local_controller(const ControllerArguments& arguments, const Environment& environment) {
  auto opened = open_controller(arguments, environment);
  if (!opened) return fail_controller(opened.error());
  return LocalController(arguments, environment, std::move(*opened)).run();
}

}  // namespace manta::cli
