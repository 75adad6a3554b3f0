#include <chrono>
#include <csignal>
#include <cstdio>
#include <memory>
#include <optional>
#include <random>
#include <utility>

#include <manta/detail/json.h>

#include "base/log.h"
#include "base/loop.h"
#include "base/metrics.h"
#include "cli/describe_artifact.h"
#include "cli/policy_host_process.h"
#include "cli/proxy_check.h"
#include "cli/roles.h"
#include "control/admin_api.h"
#include "control/controller.h"
#include "net/server.h"
#include "runtime/local/fd_watch.h"
#include "runtime/local/gpu_use.h"
#include "runtime/local/instance_dir.h"
#include "runtime/local/local_backend.h"
#include "runtime/local/spawn.h"

namespace manta::cli {
namespace {

// Seconds in a variable; what is not a positive number counts as not given.
std::optional<Duration> seconds_of(const Environment& environment, const std::string& name) {
  const auto text = environment.get(name);
  const auto value = text ? detail::from_json<double>(*text) : Result<double>(0);
  if (!value || !(*value > 0 && *value < 1e6)) return std::nullopt;
  return std::chrono::duration_cast<Duration>(std::chrono::duration<double>(*value));
}

ProxyCheckOptions proxy_check_options(const Environment& environment) {
  ProxyCheckOptions options;
  options.period = seconds_of(environment, "MANTA_PROXY_HEALTH_CHECK_PERIOD_S").value_or(options.period);
  options.timeout = seconds_of(environment, "MANTA_PROXY_HEALTH_CHECK_TIMEOUT_S").value_or(options.timeout);
  return options;
}

PolicyHostOptions policy_host_options(const Environment& environment, const runtime::InstancePaths& paths) {
  return {.environment = environment.entries(),
          .log_path = [paths](const std::string& name) { return paths.log(name); }};
}

// The controller with everything it works with.
struct ControllerProcess {
  ControllerProcess(const ControllerArguments& arguments, const Environment& environment,
                    std::unique_ptr<control::StateStore> opened, const runtime::InstancePaths& paths,
                    spec::HttpOptions http);
  void serve(int socket_fd, int admin_fd);
  Task<void> replace_proxy();
  Task<void> end_instance();
  Task<void> watch_gpus();

  SystemClock clock;
  Loop loop{clock};
  Logger logger{LogOptions{.component = "controller", .async = false}};
  Metrics metrics;
  net::ReceiveBudget budget;
  std::unique_ptr<control::StateStore> store;
  control::ArtifactStore artifacts;
  runtime::LocalBackend backend;
  control::Controller controller;
  TaskScope tasks{loop};
  control::AdminApi admin;
  net::Server internal_server;
  net::Server admin_server;
  ProxyCheck proxy_check;
  runtime::GpuUse gpu_use;
};

ControllerProcess::ControllerProcess(const ControllerArguments& arguments, const Environment& environment,
                                     std::unique_ptr<control::StateStore> opened, const runtime::InstancePaths& paths,
                                     spec::HttpOptions http)
    : store(std::move(opened)),
      artifacts(paths.artifacts()),
      backend(loop, logger, "unix:" + arguments.agent_socket),
      controller(
          {.loop = loop,
           .logger = logger,
           .metrics = metrics,
           .backend = backend,
           .store = *store,
           .artifacts = artifacts,
           .describe =
               [this, base = environment.entries()](control::ArtifactRef artifact, std::string args,
                                                    std::map<std::string, std::string> variables) {
                 return describe_artifact(loop, base, std::move(artifact), std::move(args), std::move(variables));
               },
           .start_policy_host =
               [this, options = policy_host_options(environment, paths)](const control::PolicyHostSpec& spec,
                                                                         std::function<void(std::string)> ended) {
                 return start_policy_host(loop, options, spec, std::move(ended));
               }},
          {.controller_socket = arguments.controller_socket,
           .controller_address = "unix:" + arguments.controller_socket,
           .log_file_path = paths.log("controller"),
           .proxy_location = arguments.proxy_location,
           .http = std::move(http),
           .seed = std::random_device{}()}),
      admin({.loop = loop,
             .logger = logger,
             .metrics = metrics,
             .controller = controller,
             .shut_down_instance = [this] { tasks.spawn(end_instance()); }}),
      internal_server(loop, {.internal = true, .check_peer_uid = true}, budget,
                      [this](net::ExchangePtr exchange) { admin.handle(std::move(exchange), true); }),
      admin_server(loop, {}, budget, [this](net::ExchangePtr exchange) { admin.handle(std::move(exchange), false); }),
      proxy_check(loop, arguments.http_address, proxy_check_options(environment),
                  {.status = [this, node = arguments.node_id](
                                 std::string status) { controller.set_proxy_status(node, std::move(status)); },
                   .hung = [this] { tasks.spawn(replace_proxy()); }}),
      gpu_use(loop, metrics, environment.entries()) {
  internal_server.on_disconnect([this](std::uint64_t connection) { admin.disconnected(connection, true); });
  admin_server.on_disconnect([this](std::uint64_t connection) { admin.disconnected(connection, false); });
}

void ControllerProcess::serve(int socket_fd, int admin_fd) {
  internal_server.listen(socket_fd);
  admin_server.listen(admin_fd);
  controller.begin();
  if (controller.options().proxy_location != "Disabled") proxy_check.begin();
  tasks.spawn(watch_gpus());
}

Task<void> ControllerProcess::replace_proxy() {
  const auto killed = co_await backend.kill_role("proxy");
  if (!killed) logger.error("the proxy hangs and cannot be replaced", {{"error", killed.error().message}});
}

Task<void> ControllerProcess::end_instance() {
  const auto ended = co_await backend.shut_down_instance();
  if (!ended) logger.error("the node agent does not stop", {{"error", ended.error().message}});
}

Task<void> ControllerProcess::watch_gpus() {
  const auto nodes = co_await backend.nodes();
  if (nodes && !nodes->empty()) gpu_use.begin(nodes->front());
}

}  // namespace

int run_controller(const ControllerArguments& arguments, const Environment& environment) {
  auto http = detail::from_json<spec::HttpOptions>(arguments.http_options);
  if (!http) return std::fprintf(stderr, "--http-options: %s\n", http.error().message.c_str()), 2;
  const runtime::InstancePaths paths = runtime::instance_paths(arguments.state_dir, environment.runtime_root());
  auto store = control::StateStore::open(paths.store());
  if (!store) return std::fprintf(stderr, "%s\n", store.error().message.c_str()), 1;
  ControllerProcess process(arguments, environment, std::move(*store), paths, std::move(*http));
  const auto signals = runtime::watch_signals(process.loop, {SIGTERM, SIGINT}, [&](int) { process.loop.stop(); });
  process.loop.post([&] { process.serve(arguments.socket_fd, arguments.admin_fd); });
  process.loop.run();
  return 0;
}

}  // namespace manta::cli
