#include "cli/hosted_replica.h"

#include <limits>
#include <utility>

#include "api/graph.h"
#include "api/load_artifact.h"
#include "api/replica_runtime.h"
#include "base/log.h"
#include "builtin/applications.h"

namespace manta::cli {
namespace {

// On a compute thread: builds the application again, as `describe` did.
Result<api::Graph> build_hosted(const spec::HostedDefinition& definition) {
  auto build = api::load_build({.kind = "builtin", .path = {}, .function = definition.builtin}, builtin::applications(),
                               nullptr);
  if (!build) return std::unexpected(std::move(build.error()));
  auto applications = api::run_build(*build, definition.args);
  if (!applications) return std::unexpected(std::move(applications.error()));
  const auto index = static_cast<std::size_t>(definition.graph_index);
  if (index >= applications->size())
    return fail(ErrorCode::Internal, "build() made fewer applications than when it was described");
  return api::make_graph((*applications)[index]);
}

// No more replicas than threads: the series of metrics stay few, whatever is deployed.
std::string id_of(const ingress::HostingPlace& place, const spec::ReplicaSet& set) {
  return set.application + "#" + set.deployment + "#proxy" + std::to_string(place.thread);
}

// The deployments behind it have the bounds.
DeploymentConfig unbounded(DeploymentConfig config) {
  config.max_ongoing_requests = std::numeric_limits<int>::max();
  return config;
}

api::ReplicaRuntimeOptions options_of(const ingress::HostingPlace& place, const spec::ReplicaSet& set,
                                      std::map<std::string, std::string> environment) {
  return {.identity = {.application = set.application,
                       .deployment = set.deployment,
                       .id = id_of(place, set),
                       .node_id = place.node_id,
                       .version = set.hosted->version,
                       .fingerprint = set.hosted->fingerprint,
                       .config = unbounded(set.hosted->config)},
          .graph = [definition = *set.hosted] { return build_hosted(definition); },
          .fake = nullptr,
          .controller_address = {},
          .connect = nullptr,
          .environment = std::move(environment),
          .security = place.security,
          .shares_loop = true,
          .queue_counts = &place.queue_counts};
}

LogOptions log_options(const ingress::HostingPlace& place, const spec::ReplicaSet& set) {
  const std::string id = id_of(place, set);
  return {.component = id,
          .component_name = "replica",
          .fields = {{"application", set.application}, {"deployment", set.deployment}, {"replica", id}}};
}

class HostedReplica final : public ingress::HostedDeployment {
 public:
  HostedReplica(const ingress::HostingPlace& place, const spec::ReplicaSet& set, std::function<void()> on_change,
                std::map<std::string, std::string> environment)
      : logger_(log_options(place, set)),
        metrics_(place.metrics.part()),
        runtime_(place.loop, metrics_, logger_, options_of(place, set, std::move(environment))) {
    runtime_.on_state([on_change = std::move(on_change)](const spec::ReplicaState&) { on_change(); });
    runtime_.start();
  }

  State state() const override {
    const std::string state = runtime_.state().state;
    return state == "RUNNING" ? State::Running : state == "START_FAILED" ? State::Failed : State::Starting;
  }
  std::string message() const override { return runtime_.state().message; }
  void update(const std::shared_ptr<const spec::RoutingSnapshot>& snapshot) override { runtime_.update(*snapshot); }
  void handle(net::ExchangePtr exchange, std::shared_ptr<RequestContext> context) override {
    runtime_.handle(std::move(exchange), std::move(context));
  }
  void drain(std::move_only_function<void()> done) override { runtime_.drain(std::move(done)); }

 private:
  Logger logger_;
  Metrics metrics_;
  api::ReplicaRuntime runtime_;
};

}  // namespace

std::unique_ptr<ingress::HostedDeployment> host_in_proxy(const ingress::HostingPlace& place,
                                                         const spec::ReplicaSet& set, std::function<void()> on_change,
                                                         std::map<std::string, std::string> environment) {
  return std::make_unique<HostedReplica>(place, set, std::move(on_change), std::move(environment));
}

}  // namespace manta::cli
