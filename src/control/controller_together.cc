// Controller: replicas of several deployments in one process. The host's replica is what is started, placed, counted
// and stopped; the members of its process follow it, with states, health checks and settings of their own.
#include <algorithm>
#include <optional>
#include <utility>

#include "control/controller.h"
#include "control/replicas_of.h"
#include "control/together.h"

namespace manta::control {
namespace {

// "rag#Embed#k3v9x2" in the process of "rag#Rag#k3v9x2".
std::string member_id(const std::string& host_id, const std::string& application, const std::string& deployment) {
  return application + "#" + deployment + host_id.substr(host_id.rfind('#'));
}

DeploymentKey key_of(const std::string& id) {
  const auto first = id.find('#'), last = id.rfind('#');
  if (first == id.npos || first == last) return {};
  return {id.substr(0, first), id.substr(first + 1, last - first - 1)};
}

std::vector<std::string> children_within(const spec::NodeSpec& node,
                                         const std::vector<const spec::NodeSpec*>& members) {
  std::vector<std::string> within;
  for (const spec::NodeSpec* member : members)
    if (std::ranges::find(node.children, member->name) != node.children.end()) within.push_back(member->name);
  return within;
}

}  // namespace

void Controller::add_members(const std::string& host_id, const ApplicationRecord& record) {
  Replica& host = replicas_.at(host_id);
  for (const spec::NodeSpec* node : members_of(record, host.view.key.deployment)) {
    Replica member;
    member.view = host.view;
    member.view.key.deployment = node->name;
    member.view.id = member_id(host_id, host.view.key.application, node->name);
    member.view.resources = {.num_cpus = 0};  // what it needs is the host's
    member.view.gpus.clear();
    member.view.bundles.clear();
    member.settings = spec::running_settings(node->config);
    member.host = host_id;
    figures_.started(member.view.id, member.view.key);
    host.members.push_back(member.view.id);
    if (Deployment* deployment = deployment_of(member.view.key)) deployment->target.started = true;
    const std::string id = member.view.id;
    replicas_.insert_or_assign(id, std::move(member));
  }
}

std::vector<MemberSpec> Controller::member_specs(const Replica& host, const ApplicationRecord& record) {
  std::vector<MemberSpec> specs;
  const auto members = members_of(record, host.view.key.deployment);
  for (const spec::NodeSpec* node : members)
    specs.push_back({.deployment = node->name,
                     .id = member_id(host.view.id, host.view.key.application, node->name),
                     .fingerprint = node->fingerprint,
                     .children = children_within(*node, members),
                     .config = node->config});
  return specs;
}

void Controller::adopt_members(const std::string& host_id, const std::vector<std::string>& ids) {
  Replica& host = replicas_.at(host_id);
  host.members = ids;
  for (const std::string& id : ids) {
    Replica member;
    member.view = host.view;
    member.view.key = key_of(id);
    member.view.id = id;
    member.view.resources = {.num_cpus = 0};
    member.view.gpus.clear();
    member.view.bundles.clear();
    member.host = host_id;
    replicas_.insert_or_assign(id, std::move(member));
  }
  connect_members(host);
}

void Controller::connect_members(const Replica& host) {
  for (const std::string& id : host.members) {
    Replica& member = replicas_.at(id);
    member.observed = host.observed;
    member.observed.id = id;
    member.observed.address += "#" + member.view.key.deployment;
    if (member.view.phase != ReplicaPhase::Stopping) connect(member);
  }
}

void Controller::stop_members(const Replica& host) {
  for (const std::string& id : host.members) {
    Replica& member = replicas_.at(id);
    parts_.loop.cancel(std::exchange(member.start_timer, 0));
    member.view.phase = ReplicaPhase::Stopping;
    member.stopping_since = parts_.loop.now();
  }
}

// The process has ended.
void Controller::forget_members(const Replica& host) {
  for (const std::string& id : host.members) {
    const auto member = replicas_.find(id);
    if (member == replicas_.end()) continue;
    Deployment* const deployment = deployment_of(member->second.view.key);
    if (deployment != nullptr && deployment->reached && member->second.view.phase != ReplicaPhase::Stopping)
      deployment->goal = Goal::Recover;
    note_drained(member->second);
    figures_.ended(id, member->second.view.key, parts_.loop.now());
    parts_.loop.cancel(member->second.start_timer);
    replicas_.erase(member);
  }
}

// The replica whose process it is in.
Controller::Replica& Controller::owner_of(Replica& replica) {
  const auto host = replicas_.find(replica.host);
  return host == replicas_.end() ? replica : host->second;
}

// Members get no requests before the host runs: until then the start of the process may still fail.
bool Controller::process_runs(const Replica& replica) const {
  const auto host = replicas_.find(replica.host);
  return host == replicas_.end() || host->second.view.phase == ReplicaPhase::Running;
}

// What the host has been given up with, its members are too: they have no other processes.
void Controller::fail_members(const Deployment& host, const std::string& message) {
  const auto application = applications_.find(host.target.key.application);
  if (application == applications_.end()) return;
  for (auto& [name, deployment] : application->second.deployments) {
    if (deployment.target.host != host.target.key.deployment) continue;
    deployment.target.deploy_failed = true;
    deployment.last_failure = message;
  }
}

// Replicas from before the deployment became a member of another one's processes: they serve, and none is added, until
// the host runs everywhere. None: there are none.
std::optional<DeploymentTarget> Controller::own_processes(const Deployment& deployment) const {
  const DeploymentKey& key = deployment.target.key;
  int own = 0;
  for (const auto& [id, replica] : replicas_of(replicas_, key))
    if (replica.view.key == key && replica.host.empty() && replica.view.phase != ReplicaPhase::Stopping) ++own;
  if (own == 0) return std::nullopt;
  DeploymentTarget target = deployment.target;
  target.num_replicas = own;
  target.holds = true;
  target.started = true;
  const auto& siblings = applications_.at(key.application).deployments;
  const auto host = siblings.find(deployment.target.host);
  if (host == siblings.end() || host->second.completed) target.deleting = true;
  return target;
}

// The host's replica as one with its members.
ReplicaView Controller::whole_process(const Replica& host) const {
  ReplicaView view = host.view;
  for (const std::string& id : host.members) {
    const auto member = replicas_.find(id);
    if (member == replicas_.end()) continue;
    const ReplicaView& its = member->second.view;
    view.phase = std::min(view.phase, its.phase);  // a process is as far as the one that is least
    view.unhealthy = view.unhealthy || its.unhealthy;
    view.outdated = view.outdated || its.outdated;
    view.leaving = view.leaving || its.leaving;
    view.leave_by = std::min(view.leave_by, its.leave_by);
  }
  return view;
}

}  // namespace manta::control
