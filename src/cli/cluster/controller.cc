#include <chrono>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <set>
#include <string_view>
#include <utility>

#include <unistd.h>

#include "base/task_scope.h"
#include "cli/cluster/demand.h"
#include "cli/cluster/proxies.h"
#include "cli/cluster/ray_python.h"
#include "cli/cluster/security.h"
#include "cli/controller_ways.h"
#include "cli/instance_record.h"
#include "cli/one_shot.h"
#include "cli/port_choice.h"
#include "cli/serving_controller.h"
#include "control/node_report.h"
#include "runtime/local/fd_watch.h"
#include "runtime/ray/ray_backend.h"

namespace manta::cli {
namespace {

constexpr int kCannotStart = 3;  // nor will it the next time: its supervisor gives up
constexpr double kDoorsCloseS = 30;
constexpr Duration kGiveBackLimit = std::chrono::seconds(10);

// What every process of the instance gets, on whatever node.
std::map<std::string, std::string> cluster_environment(const Environment& environment) {
  std::map<std::string, std::string> values;
  for (const char* name : {"MANTA_CLUSTER_TOKEN", "MANTA_CLUSTER_CERT", "MANTA_CLUSTER_KEY", "MANTA_CLUSTER_CA"})
    if (const auto value = environment.get(name)) values[name] = *value;
  return values;
}

// For code of applications that runs beside the controller: neither our token nor Ray's, with which one can run
// anything on every node.
std::vector<std::string> without_secrets(const Environment& environment) {
  std::vector<std::string> entries = environment.entries();
  std::erase_if(entries, [](const std::string& entry) {
    return entry.starts_with("MANTA_CLUSTER_TOKEN=") || entry.starts_with("RAY_AUTH_TOKEN=");
  });
  return entries;
}

// Whether the bridge will not connect the next time either, by its reason; everything else may pass by itself.
bool is_for_good(const Error& error) {
  static const std::set<std::string_view> kReasons = {"protocol_differs", "ray_absent",    "ray_too_old", "ray_differs",
                                                      "bad_address",      "token_refused", "cannot_join"};
  return kReasons.contains(error.detail);
}

std::string own_binary() {
  std::error_code ignored;
  return std::filesystem::read_symlink("/proc/self/exe", ignored).string();
}

runtime::RayOptions ray_options(const ControllerArguments& arguments, const Environment& environment,
                                const runtime::InstancePaths& paths, const RayPython& python, std::uint64_t epoch) {
  return {.bridge_argv = {python.program, "-m", "manta_ray"},
          .bridge_environment = python_environment(python, environment),
          .bridge_log = paths.log("bridge"),
          .hello = {.manta = MANTA_PROJECT_VERSION,
                    .address = arguments.ray_address,
                    .ray_namespace = arguments.ray_namespace,
                    .node_ip = {},
                    .epoch = epoch},
          .launch = {.program = own_binary(),
                     .environment = cluster_environment(environment),
                     .log_dir = paths.state + "/logs",
                     .share_supervisors = arguments.share_supervisors},
          .groups = {}};
}

ClusterProxyOptions proxy_options(const ControllerArguments& arguments, const Environment& environment,
                                  const OpenedController& opened) {
  return {.location = arguments.proxy_location,
          .program = own_binary(),
          .controller_address = arguments.cluster_address,
          .http = opened.http,
          .metrics_address = arguments.metrics_address,
          .environment = cluster_environment(environment),
          .log_dir = opened.paths.state + "/logs",
          .check = proxy_check_options(environment),
          .min_draining = min_draining_period(environment)};
}

InstanceRecord record_of(const ControllerArguments& arguments, const Environment& environment,
                         const OpenedController& opened) {
  return {.pid = static_cast<int>(::getpid()),
          .node_id = "",
          .http_address = host_and_port(opened.http.host, opened.http.port),
          .admin_address = arguments.admin_address,
          .controller_socket = opened.paths.controller_socket(),
          .agent_socket = "",
          .backend = kRayBackend,
          .certificate = environment.get("MANTA_CLUSTER_CERT").value_or(""),
          .key = environment.get("MANTA_CLUSTER_KEY").value_or(""),
          .authority = environment.get("MANTA_CLUSTER_CA").value_or("")};
}

// The controller of an instance on a Ray cluster: a process on the head that a supervisor restarts. It opens its own
// sockets; replicas and proxies outlive it. Life: connects and adopts, serves, ends with the instance or when a later
// controller has taken over.
class ClusterController {
 public:
  ClusterController(const ControllerArguments& arguments, const Environment& environment, OpenedController opened,
                    const RayPython& python, net::PeerSecurityPtr security);
  int run();

 private:
  Result<void> listen();
  void begin();
  Task<void> connect();
  Task<void> end_instance();
  void on_signal();
  void stop(int exit_code);

  const ControllerArguments& arguments_;
  const runtime::InstancePaths paths_;
  const InstanceRecord record_;
  ControllerBase base_;
  runtime::RayBackend backend_;
  TaskScope tasks_;
  ServingController serving_;
  ClusterProxies proxies_;
  ClusterDemand demand_;
  bool ending_ = false;
  int exit_code_ = 0;
};

ClusterController::ClusterController(const ControllerArguments& arguments, const Environment& environment,
                                     OpenedController opened, const RayPython& python, net::PeerSecurityPtr security)
    : arguments_(arguments),
      paths_(opened.paths),
      record_(record_of(arguments, environment, opened)),
      base_(std::move(opened.store), opened.paths),
      backend_(base_.loop, base_.logger, ray_options(arguments, environment, paths_, python, base_.store->epoch())),
      tasks_(base_.loop),
      serving_(base_, backend_,
               {.options = controller_options(arguments, environment, opened.paths, opened.http,
                                              opened.paths.controller_socket(), arguments.cluster_address),
                .paths = opened.paths,
                .environment = without_secrets(environment),
                .shut_down = [this] { tasks_.spawn(end_instance()); },
                .security = std::move(security)}),
      proxies_(
          base_.loop, base_.logger, base_.metrics, backend_, proxy_options(arguments, environment, opened),
          [this] { return control::nodes_in_use(serving_.controller()); },
          [this](const std::string& node_id, std::string status, std::string message) {
            serving_.controller().set_proxy_status(node_id, std::move(status), std::move(message));
          }),
      demand_(base_.loop, base_.logger, backend_, serving_.controller()) {}

Result<void> ClusterController::listen() {
  const std::pair<std::string, control::Door> doors[] = {{"unix:" + paths_.controller_socket(), control::Door::Own},
                                                         {arguments_.admin_address, control::Door::Admin},
                                                         {arguments_.cluster_address, control::Door::Cluster}};
  for (const auto& [address, door] : doors) {
    const auto fd = net::listen_on({address});
    if (!fd) return std::unexpected(fd.error());
    serving_.open(*fd, door);
  }
  write_instance_record(paths_, record_);
  return {};
}

void ClusterController::begin() {
  if (auto listening = listen(); !listening) {
    std::fprintf(stderr, "%s\n", listening.error().message.c_str());
    return stop(1);
  }
  backend_.on_superseded([this] {
    base_.logger.warn("a later controller has taken over");
    stop(kCannotStart);
  });
  serving_.begin();
  proxies_.begin();
  demand_.begin();
  tasks_.spawn(connect());
}

Task<void> ClusterController::connect() {
  const auto connected = co_await backend_.first_attempt();
  if (connected) co_return base_.logger.info("connected to the cluster", {{"address", arguments_.ray_address}});
  base_.logger.error("no connection to the cluster", {{"error", connected.error().message}});
  if (!is_for_good(connected.error())) co_return;
  std::fprintf(stderr, "%s\n", connected.error().message.c_str());
  stop(kCannotStart);
}

// The doors first, so that nothing new comes in; then the applications, callers before callees. What is deployed stays
// in the store.
Task<void> ClusterController::end_instance() {
  if (std::exchange(ending_, true)) co_return;
  base_.logger.info("the instance ends");
  co_await proxies_.end(kDoorsCloseS);
  OneShot empty;
  serving_.controller().stop_all([&empty] { empty.fire(); });
  co_await empty;
  co_await backend_.given_back(kGiveBackLimit);
  co_await demand_.end();
  stop(0);
}

void ClusterController::on_signal() {
  if (ending_) return stop(0);
  tasks_.spawn(end_instance());
}

void ClusterController::stop(int exit_code) {
  exit_code_ = exit_code;
  base_.loop.stop();
}

int ClusterController::run() {
  const auto signals = runtime::watch_signals(base_.loop, {SIGTERM, SIGINT}, [this](int) { on_signal(); });
  base_.loop.post([this] { begin(); });
  base_.loop.run();
  return exit_code_;
}

}  // namespace

int run_cluster_controller(const ControllerArguments& arguments, const Environment& environment) {
  const auto cannot_start = [](const Error& error) {
    std::fprintf(stderr, "%s\n", error.message.c_str());
    return kCannotStart;
  };
  auto security = cluster_security(environment);
  if (!security) return cannot_start(security.error());
  if (!*security) return cannot_start({.message = "MANTA_CLUSTER_TOKEN is not set: `manta start` sets it"});
  const auto python = find_ray_python(environment, own_binary());
  if (!python) return cannot_start(python.error());
  const auto lock =
      runtime::InstanceLock::acquire(runtime::instance_paths(arguments.state_dir, environment.runtime_root()));
  if (!lock) return cannot_start(lock.error());
  auto opened = open_controller(arguments, environment);
  if (!opened) return fail_controller(opened.error());
  return ClusterController(arguments, environment, std::move(*opened), *python, std::move(*security)).run();
}

}  // namespace manta::cli
