#include "routing/snapshot_merge.h"

#include <algorithm>
#include <map>
#include <string_view>
#include <utility>
#include <vector>

namespace manta::routing {
namespace {

using Name = std::pair<std::string_view, std::string_view>;

Name name_of(const spec::ReplicaSet& set) { return {set.application, set.deployment}; }
Name name_of(const spec::ApplicationRoutes& routes) { return {routes.application, {}}; }

void add(spec::Shared<spec::ReplicaSet>& to, const spec::ReplicaSet& before) {
  std::vector<spec::ReplicaAddress> missing;
  for (const spec::ReplicaAddress& replica : before.replicas)
    if (std::ranges::find(to->replicas, replica.id, &spec::ReplicaAddress::id) == to->replicas.end())
      missing.push_back(replica);
  if (missing.empty()) return;
  std::vector<spec::ReplicaAddress>& replicas = to.edit().replicas;
  replicas.insert(replicas.end(), missing.begin(), missing.end());
}

void add(spec::Shared<spec::ApplicationRoutes>& to, const spec::ApplicationRoutes& before) {
  if (before.ready && !to->ready) to.edit().ready = true;
}

template <class T>
void add_all(std::vector<spec::Shared<T>>& to, const std::vector<spec::Shared<T>>& from) {
  std::map<Name, std::size_t> places;
  for (std::size_t i = 0; i < to.size(); ++i) places.emplace(name_of(*to[i]), i);
  for (const spec::Shared<T>& before : from)
    if (const auto place = places.find(name_of(*before)); place != places.end())
      add(to[place->second], *before);
    else
      to.push_back(before);
  std::ranges::sort(to, {}, [](const spec::Shared<T>& value) { return name_of(*value); });
}

}  // namespace

spec::RoutingSnapshot merge(const spec::RoutingSnapshot& previous, spec::RoutingSnapshot next) {
  if (next.adopted) return next;
  add_all(next.deployments, previous.deployments);
  add_all(next.applications, previous.applications);
  return next;
}

std::optional<spec::RoutingSnapshot> if_newer(const spec::RoutingSnapshot* known, spec::RoutingSnapshot next) {
  if (!known) return next;
  if (next.stamp <= known->stamp) return std::nullopt;
  return merge(*known, std::move(next));
}

}  // namespace manta::routing
