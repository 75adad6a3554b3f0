// Controller: what it tells the world.
#include <algorithm>
#include <utility>

#include <manta/detail/json.h>

#include "control/controller.h"

namespace manta::control {
namespace {

double status_value(const std::string& status, const std::vector<std::string>& order) {
  const auto at = std::ranges::find(order, status);
  return at == order.end() ? 0 : static_cast<double>(at - order.begin()) + 1;
}

std::vector<spec::MethodSpec> without_schemas(std::vector<spec::MethodSpec> methods) {
  for (spec::MethodSpec& method : methods) {
    method.request_schema = "{}";
    method.response_schema = "{}";
  }
  return methods;
}

}  // namespace

spec::InstanceStatus Controller::status() const {
  spec::InstanceStatus status{.proxies = proxies_, .applications = {}, .target_capacity = {}};
  for (const auto& [name, application] : applications_) {
    std::map<std::string, spec::DeploymentStatus> deployments;
    for (const auto& [deployment_name, deployment] : application.deployments)
      deployments[deployment_name] = deployment_status(facts(deployment));
    status.applications[name] =
        application_status(deployments, application.deleting || stopping_all_, {}, application.record.deployed_at_s);
  }
  return status;
}

spec::RoutingSnapshot Controller::snapshot() const {
  spec::RoutingSnapshot snapshot{.stamp = published_.stamp, .adopted = adopted_, .applications = {}, .deployments = {}};
  for (const auto& [name, application] : applications_) {
    bool ready = !application.deleting && !stopping_all_;
    for (const auto& [deployment_name, deployment] : application.deployments) {
      const DeploymentConfig& config = deployment.node.config;
      spec::ReplicaSet set{.application = name,
                           .deployment = deployment_name,
                           .replicas = {},
                           .max_queued_requests = config.max_queued_requests,
                           .backpressure_status_code = config.backpressure_status_code,
                           .request_timeout_s = config.request_timeout_s,
                           .methods = without_schemas(deployment.node.methods)};
      for (const auto& [id, replica] : replicas_)
        if (replica.view.key == deployment.target.key && replica.view.phase == ReplicaPhase::Running &&
            !replica.view.unhealthy)
          set.replicas.push_back({.id = id,
                                  .address = replica.observed.address,
                                  .node_id = replica.observed.node_id,
                                  .max_ongoing_requests = config.max_ongoing_requests});
      ready = ready &&
              (deployment.target.deleting || static_cast<int>(set.replicas.size()) >= deployment.target.num_replicas);
      snapshot.deployments.push_back(std::move(set));
    }
    if (application.deleting) continue;
    snapshot.applications.push_back({.application = name,
                                     .route_prefix = application.record.route_prefix,
                                     .ingress = application.record.graph.ingress,
                                     .routes = application.record.graph.routes,
                                     .openapi = application.openapi,
                                     .ready = ready});
  }
  return snapshot;
}

void Controller::publish() {
  spec::RoutingSnapshot next = snapshot();
  next.stamp.epoch = epoch();
  next.stamp.version = published_.stamp.version;
  if (next != published_ || published_.stamp.version == 0) {
    ++next.stamp.version;
    published_ = std::move(next);
    snapshots_.publish(detail::to_json(published_).value_or("{}"));
  }
  const spec::InstanceStatus now = status();
  statuses_.publish(detail::to_json(now).value_or("{}"));
  publish_metrics(now);
}

void Controller::publish_metrics(const spec::InstanceStatus& status) {
  for (const auto& [name, application] : status.applications) {
    parts_.metrics
        .gauge("application_status", "1 DEPLOY_FAILED 2 UNHEALTHY 3 NOT_STARTED 4 DELETING 5 DEPLOYING 6 RUNNING",
               {{"application", name}})
        .set(status_value(application.status,
                          {"DEPLOY_FAILED", "UNHEALTHY", "NOT_STARTED", "DELETING", "DEPLOYING", "RUNNING"}));
    for (const auto& [deployment_name, deployment] : application.deployments)
      parts_.metrics
          .gauge("deployment_status", "1 DEPLOY_FAILED 2 UNHEALTHY 3 UPDATING 4 UPSCALING 5 DOWNSCALING 6 HEALTHY",
                 {{"application", name}, {"deployment", deployment_name}})
          .set(status_value(deployment.status,
                            {"DEPLOY_FAILED", "UNHEALTHY", "UPDATING", "UPSCALING", "DOWNSCALING", "HEALTHY"}));
  }
}

}  // namespace manta::control
