#include "ingress/routing_view.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include <manta/detail/describe.h>

namespace manta::ingress {
namespace {

// All but whether it is ready.
bool same_routes_of(const spec::Shared<spec::ApplicationRoutes>& one,
                    const spec::Shared<spec::ApplicationRoutes>& other) {
  if (one.is_same_object(other)) return true;
  const spec::ApplicationRoutes &a = *one, &b = *other;
  return [&]<template <class...> class List, class... D>(List<D...>) {
    return ((std::string_view(D::name) == "ready" || a.*D::pointer == b.*D::pointer) && ...);
  }(detail::Members<spec::ApplicationRoutes>());
}

bool same_methods_of(const spec::Shared<spec::ReplicaSet>& a, const spec::Shared<spec::ReplicaSet>& b) {
  return a.is_same_object(b) || (a->application == b->application && a->deployment == b->deployment &&
                                 a->methods == b->methods && a->hosted.has_value() == b->hosted.has_value());
}

bool same_routes(const spec::RoutingSnapshot& a, const spec::RoutingSnapshot& b) {
  return std::ranges::equal(a.applications, b.applications, same_routes_of) &&
         std::ranges::equal(a.deployments, b.deployments, same_methods_of);
}

}  // namespace

RoutingView first_view(const std::string& root_path) {
  return {.snapshot = nullptr, .routes = std::make_shared<RouteTable>(spec::RoutingSnapshot{}, root_path)};
}

RoutingView view_after(const RoutingView& known, std::shared_ptr<const spec::RoutingSnapshot> snapshot,
                       const std::string& root_path) {
  const bool same = known.snapshot && same_routes(*known.snapshot, *snapshot);
  auto routes = same ? known.routes : std::make_shared<RouteTable>(*snapshot, root_path);
  return {.snapshot = std::move(snapshot), .routes = std::move(routes)};
}

}  // namespace manta::ingress
