// Controller: what it tells the world.
#include <algorithm>
#include <utility>

#include <manta/detail/json.h>

#include "control/controller.h"
#include "control/gang.h"
#include "control/replicas_of.h"

namespace manta::control {
namespace {

double status_value(const std::string& status, const std::vector<std::string>& order) {
  const auto at = std::ranges::find(order, status);
  return at == order.end() ? 0 : static_cast<double>(at - order.begin()) + 1;
}

// Made anew for each scrape: what has been deleted is not shown.
std::string status_figures(const spec::InstanceStatus& status) {
  Metrics metrics;
  for (const auto& [node, proxy] : status.proxies)
    metrics.gauge("proxy_status", "1 STARTING 2 HEALTHY 3 UNHEALTHY 4 DRAINING 5 DRAINED", {{"node_id", node}})
        .set(status_value(proxy, {"STARTING", "HEALTHY", "UNHEALTHY", "DRAINING", "DRAINED"}));
  for (const auto& [name, application] : status.applications) {
    metrics
        .gauge("application_status", "1 DEPLOY_FAILED 2 UNHEALTHY 3 NOT_STARTED 4 DELETING 5 DEPLOYING 6 RUNNING",
               {{"application", name}})
        .set(status_value(application.status,
                          {"DEPLOY_FAILED", "UNHEALTHY", "NOT_STARTED", "DELETING", "DEPLOYING", "RUNNING"}));
    for (const auto& [deployment_name, deployment] : application.deployments)
      metrics
          .gauge("deployment_status", "1 DEPLOY_FAILED 2 UNHEALTHY 3 UPDATING 4 UPSCALING 5 DOWNSCALING 6 HEALTHY",
                 {{"application", name}, {"deployment", deployment_name}})
          .set(status_value(deployment.status,
                            {"DEPLOY_FAILED", "UNHEALTHY", "UPDATING", "UPSCALING", "DOWNSCALING", "HEALTHY"}));
  }
  return metrics.text();
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
  spec::InstanceStatus status{.proxies = proxies_, .applications = {}, .target_capacity = config_.target_capacity};
  for (const auto& [name, application] : applications_) {
    std::map<std::string, spec::DeploymentStatus> deployments;
    for (const auto& [deployment_name, deployment] : application.deployments)
      deployments[deployment_name] = deployment_status(facts(deployment));
    spec::ApplicationStatus& of_all = status.applications[name];
    of_all =
        application_status(deployments, application.deleting || stopping_all_, {}, application.record.deployed_at_s);
    if (of_all.message.empty() && of_all.status != "DELETING") of_all.message = application.record.note;
  }
  return status;
}

// By its name in the configuration: the code may call it otherwise.
bool Controller::is_deployed(const std::string& configured_name) const {
  return std::ranges::any_of(applications_, [&](const auto& entry) {
    return !entry.second.deleting && entry.second.record.config.name == configured_name;
  });
}

// Methods and limits are those of what runs: while only replicas of an earlier version do, its.
spec::ReplicaSet Controller::replica_set(const Deployment& deployment) const {
  const spec::NodeSpec& node = published_node(deployment);
  const DeploymentConfig& config = node.config;
  spec::ReplicaSet set{.application = deployment.target.key.application,
                       .deployment = deployment.target.key.deployment,
                       .replicas = {},
                       .max_queued_requests = config.max_queued_requests,
                       .backpressure_status_code = config.backpressure_status_code,
                       .request_timeout_s = config.request_timeout_s,
                       .router = config.request_router_config,
                       .admission = config.admission,
                       .circuit_breaker = config.circuit_breaker,
                       .load_report_interval_s = config.autoscaling_config && !deployment.target.deploy_failed
                                                     ? config.autoscaling_config->metrics_interval_s
                                                     : 0,
                       .methods = without_schemas(node.methods)};
  std::vector<const ReplicaView*> running;
  for (const auto& [id, replica] : replicas_of(replicas_, deployment.target.key))
    if (replica.view.key == deployment.target.key && replica.view.phase == ReplicaPhase::Running &&
        !replica.view.unhealthy) {
      running.push_back(&replica.view);
      set.replicas.push_back({.id = id,
                              .address = replica.observed.address,
                              .node_id = replica.observed.node_id,
                              .max_ongoing_requests = std::max(replica.settings ? replica.settings->max_ongoing_requests
                                                                                : config.max_ongoing_requests,
                                                               replica.state.max_ongoing_requests)});
    }
  if (const std::set<std::string> waiting = members_of_incomplete_gangs(running); !waiting.empty())
    std::erase_if(set.replicas, [&](const spec::ReplicaAddress& replica) { return waiting.contains(replica.id); });
  return set;
}

spec::ApplicationRoutes Controller::routes(const Application& application, bool ready) const {
  const bool before = publishes_fallback(application);
  const ApplicationRecord& record = before ? *application.fallback : application.record;
  const auto sleeps = [&](const std::string& name) {
    const auto found = application.deployments.find(name);
    return found != application.deployments.end() && target_in_force(found->second).num_replicas == 0;
  };
  return {.application = record.name,
          .route_prefix = record.route_prefix,
          .ingress = record.graph.ingress,
          .routes = record.graph.routes,
          .openapi = before ? application.fallback_openapi : application.openapi,
          .ready = ready,
          .traffic = traffic_.routes(record.name, record.config.traffic, sleeps)};
}

spec::RoutingSnapshot Controller::snapshot() const {
  spec::RoutingSnapshot snapshot{.stamp = published_.stamp, .adopted = adopted_, .applications = {}, .deployments = {}};
  for (const auto& [name, application] : applications_) {
    bool ready = !application.deleting && !stopping_all_;
    for (const auto& [deployment_name, deployment] : application.deployments) {
      spec::ReplicaSet set = replica_set(deployment);
      ready = ready && (deployment.target.deleting ||
                        static_cast<int>(set.replicas.size()) >=
                            std::min(target_in_force(deployment).num_replicas, deployment.scaling.ready_replicas));
      snapshot.deployments.push_back(std::move(set));
    }
    if (!application.deleting) snapshot.applications.push_back(routes(application, ready));
  }
  snapshot.logging_config = config_.logging_config;
  for (const std::string& name : announced_)
    if (!is_deployed(name))
      snapshot.applications.push_back(
          {.application = name, .route_prefix = {}, .ingress = {}, .routes = {}, .openapi = {}});
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
  note_statuses(now);
  statuses_.publish(detail::to_json(now).value_or("{}"));
}

std::string Controller::metrics_text() {
  return merge_metrics({parts_.metrics.text(), health_.text(), figures_.text(parts_.loop.now()),
                        scaling_.autoscaler.figures(), traffic_.figures(), status_figures(status())});
}

}  // namespace manta::control
