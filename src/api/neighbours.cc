#include "api/neighbours.h"

#include <algorithm>
#include <utility>

namespace manta::api {
namespace {

// The way to a replica on the same loop: usable while that runs.
class NeighbourConnection final : public routing::ReplicaConnection {
 public:
  NeighbourConnection(std::shared_ptr<Neighbour> neighbour, Events events)
      : neighbour_(std::move(neighbour)), events_(std::make_shared<Events>(std::move(events))) {}
  ~NeighbourConnection() override {
    const auto caller = std::exchange(neighbour_->as_caller, 0);
    if (caller != 0 && !neighbour_->alive.expired()) neighbour_->server->detach(caller);
  }

  void start() override {
    neighbour_->as_caller =
        neighbour_->server->attach({.running = [this](bool running) { set_usable(running); },
                                    .notice = [this](const spec::SlotNotice& notice) { tell(notice); }});
    if (neighbour_->server->state().state == "RUNNING") set_usable(true);
  }
  bool usable() const override { return usable_; }
  net::Channel* channel() const override { return nullptr; }

 private:
  void set_usable(bool usable) {
    if (std::exchange(usable_, usable) != usable) events_->connected(usable);
  }

  void tell(const spec::SlotNotice& notice) {
    const auto events = events_;
    if (notice.grant > 0) events->granted(notice.grant);
    if ((notice.models || notice.routing_stats) && events->told) events->told(notice);
    if (notice.draining) events->draining();
  }

  const std::shared_ptr<Neighbour> neighbour_;
  const std::shared_ptr<Events> events_;
  bool usable_ = false;
};

}  // namespace

void Neighbours::add(std::shared_ptr<Neighbour> neighbour) {
  std::string name = neighbour->set.deployment;
  by_deployment_.insert_or_assign(std::move(name), std::move(neighbour));
}

std::shared_ptr<Neighbour> Neighbours::find(std::string_view application, std::string_view deployment) const {
  const auto found = by_deployment_.find(deployment);
  return found == by_deployment_.end() || found->second->set.application != application ? nullptr : found->second;
}

std::unique_ptr<routing::ReplicaConnection> Neighbours::connect(const spec::ReplicaAddress& address,
                                                                routing::ReplicaConnection::Events events) const {
  const auto found = std::ranges::find_if(
      by_deployment_, [&](const auto& entry) { return entry.second->set.replicas.front().id == address.id; });
  if (found == by_deployment_.end()) return nullptr;
  return std::make_unique<NeighbourConnection>(found->second, std::move(events));
}

spec::RoutingSnapshot Neighbours::keep_here(spec::RoutingSnapshot snapshot) const {
  for (const auto& [deployment, neighbour] : by_deployment_) {
    const auto known = std::ranges::find_if(snapshot.deployments, [&](const spec::ReplicaSet& set) {
      return set.application == neighbour->set.application && set.deployment == deployment;
    });
    if (known == snapshot.deployments.end())
      snapshot.deployments.push_back(neighbour->set);
    else
      known->edit().replicas = neighbour->set.replicas;
  }
  return snapshot;
}

void Neighbours::for_each(const std::function<void(const spec::ReplicaSet&)>& visit) const {
  for (const auto& [deployment, neighbour] : by_deployment_) visit(neighbour->set);
}

}  // namespace manta::api
