#include "spec/routing_change.h"

#include <algorithm>
#include <string_view>
#include <tuple>

namespace manta::spec {
namespace {

std::string_view name_of(const ApplicationRoutes& routes) { return routes.application; }
std::tuple<const std::string&, const std::string&> name_of(const ReplicaSet& set) {
  return std::tie(set.application, set.deployment);
}
std::string_view name_of(const std::string& application) { return application; }
std::tuple<const std::string&, const std::string&> name_of(const DeploymentName& name) {
  return std::tie(name.application, name.deployment);
}

template <class T>
auto name_of(const Shared<T>& value) -> decltype(name_of(*value)) {
  return name_of(*value);
}

void remember(std::vector<std::string>& removed, const ApplicationRoutes& routes) {
  removed.push_back(routes.application);
}
void remember(std::vector<DeploymentName>& removed, const ReplicaSet& set) {
  removed.push_back({set.application, set.deployment});
}

// Both by rising name.
template <class T, class Removed>
void compare(const std::vector<Shared<T>>& from, const std::vector<Shared<T>>& to, std::vector<Shared<T>>& set,
             std::vector<Removed>& removed) {
  auto before = from.begin();
  for (const Shared<T>& now : to) {
    for (; before != from.end() && name_of(*before) < name_of(now); ++before) remember(removed, **before);
    const bool known = before != from.end() && name_of(*before) == name_of(now);
    if (!known || *before != now) set.push_back(now);
    if (known) ++before;
  }
  for (; before != from.end(); ++before) remember(removed, **before);
}

template <class T, class Name>
auto place_of(std::vector<Shared<T>>& all, const Name& name) {
  return std::ranges::lower_bound(all, name_of(name), {}, [](const Shared<T>& value) { return name_of(value); });
}

template <class T, class Removed>
void change(std::vector<Shared<T>>& all, const std::vector<Shared<T>>& set, const std::vector<Removed>& removed) {
  for (const Removed& name : removed)
    if (const auto place = place_of(all, name); place != all.end() && name_of(*place) == name_of(name))
      all.erase(place);
  for (const Shared<T>& value : set) {
    const auto place = place_of(all, value);
    if (place != all.end() && name_of(*place) == name_of(value))
      *place = value;
    else
      all.insert(place, value);
  }
}

// About what it takes as JSON.
std::size_t bytes_of(const ApplicationRoutes& routes) {
  return 256 + routes.openapi->size() + 96 * routes.routes.size() + 256 * routes.traffic.size();
}
std::size_t bytes_of(const ReplicaSet& set) { return 1024 + 192 * set.replicas.size() + 256 * set.methods.size(); }

template <class T>
void take(const std::vector<Shared<T>>& all, std::size_t& position, std::size_t& room, std::vector<Shared<T>>& part) {
  while (position < all.size() && room > 0) {
    part.push_back(all[position++]);
    room -= std::min(room, bytes_of(*part.back()));
  }
}

}  // namespace

RoutingChange change_between(const RoutingSnapshot& from, const RoutingSnapshot& to) {
  RoutingChange change{.from = from.stamp,
                       .stamp = to.stamp,
                       .adopted = to.adopted,
                       .logging_config = to.logging_config,
                       .published_at_s = to.published_at_s};
  compare(from.applications, to.applications, change.applications, change.removed_applications);
  compare(from.deployments, to.deployments, change.deployments, change.removed_deployments);
  if (from.draining_nodes != to.draining_nodes) change.draining_nodes = to.draining_nodes;
  if (from.zones != to.zones) change.zones = to.zones;
  return change;
}

RoutingChange next_part(const RoutingSnapshot& snapshot, SnapshotPosition& position, std::size_t bytes) {
  RoutingChange part{.stamp = snapshot.stamp,
                     .adopted = snapshot.adopted,
                     .logging_config = snapshot.logging_config,
                     .published_at_s = snapshot.published_at_s};
  if (position.application == 0 && position.deployment == 0) {
    part.draining_nodes = snapshot.draining_nodes;
    part.zones = snapshot.zones;
  } else {
    part.from = snapshot.stamp;
  }
  take(snapshot.applications, position.application, bytes, part.applications);
  take(snapshot.deployments, position.deployment, bytes, part.deployments);
  part.complete =
      position.application == snapshot.applications.size() && position.deployment == snapshot.deployments.size();
  return part;
}

std::optional<RoutingSnapshot> apply(const RoutingSnapshot* known, const RoutingChange& item) {
  if (item.from && (known == nullptr || known->stamp != *item.from)) return std::nullopt;
  RoutingSnapshot next = item.from ? *known : RoutingSnapshot{};
  next.stamp = item.stamp;
  next.adopted = item.adopted;
  next.logging_config = item.logging_config;
  next.published_at_s = item.published_at_s;
  if (item.draining_nodes) next.draining_nodes = *item.draining_nodes;
  if (item.zones) next.zones = *item.zones;
  change(next.applications, item.applications, item.removed_applications);
  change(next.deployments, item.deployments, item.removed_deployments);
  return next;
}

}  // namespace manta::spec
