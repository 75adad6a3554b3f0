// Controller: what it tells the world.
#include <algorithm>
#include <string_view>
#include <utility>

#include <manta/detail/describe.h>
#include <manta/detail/json.h>

#include "base/unix_time.h"
#include "control/controller.h"
#include "control/gang.h"
#include "control/in_proxy.h"
#include "control/placement_labels.h"
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

// Under the names that Ray Serve's way of telling has.
template <class Publisher>
std::string stream_figures(const std::string& what, const Publisher& publisher) {
  Metrics metrics;
  metrics.gauge("long_poll_pending_clients", "Processes that follow what the controller tells.", {{"namespace", what}})
      .set(static_cast<double>(publisher.open()));
  metrics
      .counter("long_poll_host_transmission_counter", "What the controller has sent to them.",
               {{"namespace_or_state", what}})
      .add(static_cast<double>(publisher.sent()));
  return metrics.text();
}

std::vector<spec::MethodSpec> without_schemas(std::vector<spec::MethodSpec> methods) {
  for (spec::MethodSpec& method : methods) method.request_schema = method.response_schema = spec::no_schema();
  return methods;
}

bool same_but_replicas(const spec::ReplicaSet& a, const spec::ReplicaSet& b) {
  return [&]<template <class...> class List, class... D>(List<D...>) {
    return ((std::string_view(D::name) == "replicas" || a.*D::pointer == b.*D::pointer) && ...);
  }(detail::Members<spec::ReplicaSet>());
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
        application_status(deployments, application.deleting || stopping_all_, {}, application.record->deployed_at_s);
    if (of_all.message.empty() && of_all.status != "DELETING") of_all.message = application.record->note;
  }
  return status;
}

// By its name in the configuration: the code may call it otherwise.
bool Controller::is_deployed(const std::string& configured_name) const {
  return std::ranges::any_of(applications_, [&](const auto& entry) {
    return !entry.second.deleting && entry.second.record->config.name == configured_name;
  });
}

// Methods and limits are those of what runs: while only replicas of an earlier version do, its. Without the replicas.
spec::ReplicaSet Controller::terms(const Deployment& deployment) const {
  const spec::NodeSpec& node = published_node(deployment);
  const DeploymentConfig& config = node.config;
  return {.application = deployment.target.key.application,
          .deployment = deployment.target.key.deployment,
          .replicas = {},
          .max_queued_requests = config.max_queued_requests,
          .backpressure_status_code = config.backpressure_status_code,
          .backpressure_retry_after_s = config.backpressure_retry_after_s,
          .request_timeout_s = config.request_timeout_s,
          .router = config.request_router_config,
          .admission = config.admission,
          .circuit_breaker = config.circuit_breaker,
          .load_report_interval_s = config.autoscaling_config && !deployment.target.deploy_failed
                                        ? config.autoscaling_config->metrics_interval_s
                                        : 0,
          .methods = without_schemas(node.methods),
          .hosted = hosted_definition(published_record(deployment), node)};
}

// Those that get requests.
std::vector<const Controller::Replica*> Controller::serving(const Deployment& deployment) const {
  std::vector<const Replica*> serving;
  std::vector<const ReplicaView*> running;
  for (const auto& [id, replica] : replicas_of(replicas_, deployment.target.key))
    if (replica.view.key == deployment.target.key && replica.view.phase == ReplicaPhase::Running &&
        !replica.view.unhealthy && process_runs(replica)) {
      serving.push_back(&replica);
      if (!replica.view.gang_id.empty()) running.push_back(&replica.view);
    }
  if (const std::set<std::string> waiting = members_of_incomplete_gangs(running); !waiting.empty())
    std::erase_if(serving, [&](const Replica* replica) { return waiting.contains(replica->view.id); });
  return serving;
}

// What is to be published as it was stays the same object. Addresses are compared where they are: copies of all of them
// are what a turn would spend its time on.
void Controller::renew(Deployment& deployment) const {
  const int configured = published_node(deployment).config.max_ongoing_requests;
  const auto places = [configured](const Replica& replica) {
    return std::max(replica.settings ? replica.settings->max_ongoing_requests : configured,
                    replica.state.max_ongoing_requests);
  };
  const std::vector<const Replica*> now = serving(deployment);
  spec::ReplicaSet next = terms(deployment);
  const auto is_same = [&](const spec::ReplicaAddress& address, const Replica* replica) {
    return address.id == replica->view.id && address.address == replica->observed.address &&
           address.node_id == replica->observed.node_id && address.max_ongoing_requests == places(*replica);
  };
  const spec::ReplicaSet& known = *deployment.published;
  if (same_but_replicas(known, next) && std::ranges::equal(known.replicas, now, is_same)) return;
  for (const Replica* replica : now)
    next.replicas.push_back({.id = replica->view.id,
                             .address = replica->observed.address,
                             .node_id = replica->observed.node_id,
                             .max_ongoing_requests = places(*replica)});
  deployment.published = std::move(next);
}

spec::ApplicationRoutes Controller::routes(const Application& application, bool ready) const {
  const bool before = publishes_fallback(application);
  const ApplicationRecord& record = before ? *application.fallback : *application.record;
  const auto sleeps = [&](const std::string& name) {
    const auto found = application.deployments.find(name);
    return found != application.deployments.end() && replicas_in_force(found->second) == 0;
  };
  return {.application = record.name,
          .route_prefix = record.route_prefix,
          .ingress = record.graph.ingress,
          .routes = record.graph.routes,
          .openapi = before ? application.fallback_openapi : application.openapi,
          .ready = ready,
          .traffic = traffic_.routes(record.name, record.config.traffic, sleeps)};
}

// By rising name, each once: code may call an application as the configuration calls another one that is announced.
std::vector<spec::Shared<spec::ApplicationRoutes>> Controller::all_routes() {
  std::vector<spec::Shared<spec::ApplicationRoutes>> all;
  for (auto& [name, application] : applications_) {
    if (application.deleting) continue;
    const bool ready = !stopping_all_ && std::ranges::all_of(application.deployments, [](const auto& entry) {
      const Deployment& deployment = entry.second;
      return deployment.target.deleting ||
             static_cast<int>(deployment.published->replicas.size()) >=
                 std::min(replicas_in_force(deployment), deployment.scaling.ready_replicas);
    });
    spec::ApplicationRoutes now = routes(application, ready);
    if (*application.published != now) application.published = std::move(now);
    all.push_back(application.published);
  }
  for (const std::string& name : announced_) {
    const auto place =
        std::ranges::lower_bound(all, name, {}, [](const auto& routes) -> auto& { return routes->application; });
    if (!is_deployed(name) && (place == all.end() || (*place)->application != name))
      all.insert(place, spec::ApplicationRoutes{.application = name});
  }
  return all;
}

// With the stamp of the one before.
spec::RoutingSnapshot Controller::next_snapshot() {
  spec::RoutingSnapshot snapshot{.adopted = adopted_, .applications = {}, .deployments = {}};
  for (auto& [name, application] : applications_)
    for (auto& [deployment_name, deployment] : application.deployments) {
      renew(deployment);
      snapshot.deployments.push_back(deployment.published);
    }
  snapshot.applications = all_routes();
  snapshot.logging_config = config_.logging_config;
  std::vector<spec::NodeZone> zones;
  for (const NodeView& node : nodes_) {
    const auto proxy = proxies_.find(node.node_id);
    const bool proxy_goes = proxy != proxies_.end() && proxy->second == "DRAINING";
    if (!node.alive || drains_.has_node(node.node_id) || proxy_goes) snapshot.draining_nodes.push_back(node.node_id);
    if (std::string zone = zone_of(node); !zone.empty())
      zones.push_back({.node_id = node.node_id, .zone = std::move(zone)});
  }
  snapshot.zones = std::move(zones);
  if (const auto& before = snapshots_.latest()) {
    snapshot.stamp = before->stamp;
    snapshot.published_at_s = before->published_at_s;
  }
  return snapshot;
}

void Controller::publish() {
  spec::RoutingSnapshot next = next_snapshot();
  if (!snapshots_.latest() || next != *snapshots_.latest()) {
    next.stamp = {epoch(), next.stamp.version + 1};
    next.published_at_s = unix_time_s();
    snapshots_.publish(std::move(next));
  }
  spec::InstanceStatus now = status();
  note_statuses(now);
  if (now == published_status_ && !statuses_.latest().empty()) return;
  published_status_ = std::move(now);
  statuses_.publish(detail::to_json(published_status_).value_or("{}"));
}

std::string Controller::metrics_text() {
  figures_.forget(parts_.loop.now());
  return merge_metrics({parts_.metrics.text(), health_.text(), scaling_.autoscaler.figures(), traffic_.figures(),
                        status_figures(status()), stream_figures("snapshots", snapshots_),
                        stream_figures("statuses", statuses_)});
}

}  // namespace manta::control
