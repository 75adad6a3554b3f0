#include "ingress/routing_view.h"

#include <gtest/gtest.h>

#include <memory>

namespace manta::ingress {
namespace {

std::shared_ptr<spec::RoutingSnapshot> rag() {
  auto snapshot = std::make_shared<spec::RoutingSnapshot>();
  snapshot->applications = {spec::ApplicationRoutes{.application = "rag", .route_prefix = "/rag", .ingress = "Rag"}};
  snapshot->deployments = {
      spec::ReplicaSet{.application = "rag", .deployment = "Rag", .replicas = {}, .methods = {{.name = "query"}}}};
  return snapshot;
}

bool has_route(const RoutingView& view, std::string_view path) {
  return view.routes->match(Verb::Post, path).route != nullptr;
}

TEST(RoutingViewTest, KeepsTheRoutesWhileReplicasComeAndGo) {
  const RoutingView known = view_after(first_view(""), rag(), "");
  const auto snapshot = rag();
  snapshot->stamp = {1, 2};
  snapshot->applications[0].edit().ready = true;
  snapshot->deployments[0].edit().replicas = {{.id = "rag#Rag#1", .address = "unix:/1", .node_id = "a"}};
  snapshot->deployments[0].edit().max_queued_requests = 7;
  const RoutingView next = view_after(known, snapshot, "");
  EXPECT_EQ(next.routes, known.routes);
  EXPECT_EQ(next.snapshot, snapshot) << "shared, not copied";
}

TEST(RoutingViewTest, MakesThemAnewWhenAnythingOfThemChanges) {
  const RoutingView known = view_after(first_view(""), rag(), "");
  const auto changed = [&](auto change) {
    const auto snapshot = rag();
    change(*snapshot);
    return view_after(known, snapshot, "").routes != known.routes;
  };
  EXPECT_FALSE(changed([](auto&) {}));
  EXPECT_TRUE(changed([](auto& s) { s.applications[0].edit().route_prefix = "/other"; }));
  EXPECT_TRUE(changed([](auto& s) { s.applications[0].edit().ingress = "Other"; }));
  EXPECT_TRUE(changed([](auto& s) { s.applications[0].edit().routes = {{"GET", "/items", "query"}}; }));
  EXPECT_TRUE(changed([](auto& s) { s.applications[0].edit().openapi = "{}"; }));
  EXPECT_TRUE(changed([](auto& s) { s.applications[0].edit().traffic = {{.route = "/"}}; }));
  EXPECT_TRUE(changed([](auto& s) { s.applications.clear(); }));
  EXPECT_TRUE(changed([](auto& s) { s.deployments[0].edit().methods[0].idempotent = true; }));
  EXPECT_TRUE(
      changed([](auto& s) { s.deployments.push_back(spec::ReplicaSet{.application = "rag", .deployment = "Other"}); }));
}

TEST(RoutingViewTest, BeforeTheFirstSnapshotThereAreNoRoutesButTheRootIsKnown) {
  const RoutingView none = first_view("/serve");
  EXPECT_EQ(none.snapshot, nullptr);
  EXPECT_EQ(none.routes->without_root("/serve/-/healthz"), "/-/healthz");
  EXPECT_FALSE(has_route(none, "/rag/query"));
  EXPECT_TRUE(has_route(view_after(none, rag(), "/serve"), "/serve/rag/query"));
}

}  // namespace
}  // namespace manta::ingress
