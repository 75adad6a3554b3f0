#include <gtest/gtest.h>

#include <manta/detail/json.h>

#include "spec/application_graph.h"
#include "spec/instance_config.h"
#include "spec/replica_set.h"
#include "spec/replica_state.h"
#include "spec/status.h"

namespace manta::spec {
namespace {

template <class T>
void expect_round_trip(const T& value) {
  const auto json = detail::to_json(value);
  ASSERT_TRUE(json) << json.error().message;
  const auto read = detail::from_json<T>(*json);
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(*read, value) << *json;
}

ApplicationGraph stored_graph() {
  ApplicationGraph graph{
      .name = "rag", .route_prefix = "/", .ingress = "Rag", .routes = {{"GET", "/x/{id}", "x"}}, .nodes = {}};
  NodeSpec node{.name = "Rag", .class_name = "app::Rag", .fingerprint = "f", .children = {"Embed"}};
  node.config = {.name = "Rag", .user_config = R"({"a":1})", .warmup = {{.method = "query"}}, .env_vars = {{"A", "b"}}};
  node.config.ray_actor_options.resources = {{"fast", 0.5}};
  node.methods = {{.name = "query", .idempotent = true, .request_schema = R"({"type":"object"})"}};
  graph.nodes = {node};
  return graph;
}

TEST(SpecJsonTest, MessagesBetweenProcessesComeBackEqual) {
  expect_round_trip(stored_graph());
  expect_round_trip(ReplicaState{.state = "RUNNING", .message = "m", .ongoing = 1, .abandoned = 2, .completed = ~0ull});
  expect_round_trip(InstanceConfig{
      .http_options = {.port = 0},
      .applications = {
          {.name = "a", .args = R"({"x":"\n"})", .deployments = {{.name = "D", .fields = {{"num_replicas", "2"}}}}}}});
  expect_round_trip(InstanceStatus{.proxies = {{"n", "HEALTHY"}}, .applications = {{"a", {}}}, .target_capacity = 50});
}

TEST(SpecJsonTest, ASnapshotComesBackEqual) {
  RoutingSnapshot snapshot{.stamp = {.epoch = 3, .version = ~0ull}, .adopted = false};
  snapshot.applications = {ApplicationRoutes{
      .application = "a", .route_prefix = "/", .ingress = "D", .routes = {}, .openapi = "{}", .ready = true}};
  snapshot.deployments = {ReplicaSet{.application = "a",
                                     .deployment = "D",
                                     .replicas = {{.id = "a#D#x", .address = "unix:/x"}},
                                     .methods = stored_graph().nodes[0].methods}};
  expect_round_trip(snapshot);
}

}  // namespace
}  // namespace manta::spec
