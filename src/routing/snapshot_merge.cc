#include <algorithm>
#include <utility>

#include "routing/subscription.h"

namespace manta::routing {
namespace {

// Appends the items of `from` that `to` has none of the same identity for.
template <class T, class Same>
void keep_missing(std::vector<T>& to, const std::vector<T>& from, Same same) {
  for (const T& item : from)
    if (std::ranges::none_of(to, [&](const T& present) { return same(present, item); })) to.push_back(item);
}

}  // namespace

spec::RoutingSnapshot merge(const spec::RoutingSnapshot& previous, spec::RoutingSnapshot next) {
  if (next.adopted) return next;
  for (spec::ReplicaSet& set : next.deployments)
    for (const spec::ReplicaSet& before : previous.deployments)
      if (before.application == set.application && before.deployment == set.deployment)
        keep_missing(set.replicas, before.replicas, [](const auto& a, const auto& b) { return a.id == b.id; });
  keep_missing(next.deployments, previous.deployments, [](const auto& a, const auto& b) {
    return a.application == b.application && a.deployment == b.deployment;
  });
  keep_missing(next.applications, previous.applications,
               [](const auto& a, const auto& b) { return a.application == b.application; });
  for (spec::ApplicationRoutes& routes : next.applications)
    for (const spec::ApplicationRoutes& before : previous.applications)
      if (before.application == routes.application) routes.ready = routes.ready || before.ready;
  return next;
}

std::optional<spec::RoutingSnapshot> if_newer(const spec::RoutingSnapshot* known, spec::RoutingSnapshot next) {
  if (!known) return next;
  if (next.stamp <= known->stamp) return std::nullopt;
  return merge(*known, std::move(next));
}

}  // namespace manta::routing
