#include "spec/routing_policy.h"

#include <gmock/gmock.h>

#include <string>
#include <string_view>
#include <vector>

#include "spec/validate.h"

namespace manta::spec {
namespace {

using testing::HasSubstr;

Result<RoutingPolicy> read(const std::string& name, const std::string& options = "{}") {
  return read_routing_policy({.request_router_class = name, .request_router_kwargs = {options}});
}

TEST(RoutingPolicyTest, IsKnownByItsNameAndByThePathOfRaysClass) {
  for (const std::string_view name : routing_policy_names()) EXPECT_EQ(read(std::string(name))->name, name);
  struct Row {
    const char* path;
    const char* name;
  };
  for (const Row& row :
       {Row{"ray.serve._private.request_router:PowerOfTwoChoicesRequestRouter", "power_of_two"},
        Row{"ray.serve._private.request_router.pow_2_router.PowerOfTwoChoicesRequestRouter", "power_of_two"},
        Row{"ray.serve.experimental.round_robin_router:RoundRobinRouter", "round_robin"},
        Row{"ray.serve.experimental.consistent_hash_router.ConsistentHashRouter", "consistent_hash"}}) {
    const auto policy = read(row.path);
    ASSERT_TRUE(policy) << row.path;
    EXPECT_EQ(policy->name, row.name);
  }
}

TEST(RoutingPolicyTest, WhatIsTheSameInRayIsReadAgainByRaysClass) {
  std::vector<std::string_view> known;
  for (const std::string_view name : routing_policy_names()) {
    const std::string path(ray_router_class(name));
    if (path.empty()) continue;
    EXPECT_EQ(read(path)->name, name);
    known.push_back(name);
  }
  EXPECT_THAT(known, testing::ElementsAre("power_of_two", "round_robin", "consistent_hash"));
}

TEST(RoutingPolicyTest, AnUnknownOneIsRefusedWithTheNearestAndAll) {
  for (const char* name : {"", "my_module:RoundRobinRouter", "ray.serve:Mine", "round-robin", "random"}) {
    const auto policy = read(name);
    ASSERT_FALSE(policy) << name;
    EXPECT_EQ(policy.error().detail, "request_router_class");
    EXPECT_THAT(policy.error().message, HasSubstr("power_of_two, round_robin, least_loaded"));
  }
  EXPECT_THAT(read("round-robin").error().message, HasSubstr("did you mean 'round_robin'?"));
}

TEST(RoutingPolicyTest, ReadsItsOptionsAndRefusesOthers) {
  const auto policy = read("consistent_hash", R"({"load_factor": 2, "vnodes": 7})");
  ASSERT_TRUE(policy);
  EXPECT_EQ(policy->consistent_hash.load_factor, 2);
  EXPECT_EQ(policy->consistent_hash.vnodes, 7);
  EXPECT_EQ(read("locality_first", R"({"spill_at": 0.5})")->locality_first.spill_at, 0.5);
  struct Row {
    const char* name;
    const char* options;
    const char* message;
  };
  for (const Row& row :
       {Row{"power_of_two", R"({"vnodes": 7})", "vnodes"}, Row{"consistent_hash", R"({"vnode": 7})", "'vnodes'"},
        Row{"consistent_hash", R"({"load_factor": 0.5})", "load_factor"},
        Row{"consistent_hash", R"({"vnodes": 0})", "vnodes"}, Row{"consistent_hash", R"({"vnodes": "many"})", "vnodes"},
        Row{"consistent_hash", R"({"min_load": 0})", "min_load"},
        Row{"locality_first", R"({"spill_at": 0})", "spill_at"}, Row{"round_robin", "[]", "round_robin"}}) {
    const auto refused = read(row.name, row.options);
    ASSERT_FALSE(refused) << row.options;
    EXPECT_EQ(refused.error().detail, "request_router_kwargs");
    EXPECT_THAT(refused.error().message, HasSubstr(row.message));
  }
}

ApplicationGraph graph_with(const std::string& policy_of_front, const std::string& policy_of_worker) {
  ApplicationGraph graph{.name = "a", .ingress = "Front", .routing_policies = {"mine"}};
  graph.nodes = {{.name = "Worker"}, {.name = "Front", .children = {"Worker"}}};
  graph.nodes[0].config.request_router_config.request_router_class = policy_of_worker;
  graph.nodes[1].config.request_router_config.request_router_class = policy_of_front;
  return graph;
}

TEST(RoutingPolicyTest, AnApplicationsOwnIsForThoseThatItsReplicasCall) {
  struct Row {
    const char* front;
    const char* worker;
    const char* field;  // at fault
  };
  for (const Row& row :
       {Row{"power_of_two", "custom:mine", ""},
        Row{"power_of_two", "custom:yours", "nodes[0].config.request_router_config.request_router_class"},
        Row{"custom:mine", "round_robin", "nodes[1].config.request_router_config.request_router_class"},
        Row{"custom:", "round_robin", "nodes[1].config.request_router_config.request_router_class"}}) {
    const auto found = faults(graph_with(row.front, row.worker));
    EXPECT_EQ(found.empty() ? "" : found[0].field, row.field);
  }
}

TEST(RoutingPolicyTest, ADeploymentWithAnUnknownOneIsNotDeployed) {
  DeploymentConfig config;
  config.request_router_config.request_router_class = "rnd";
  const auto found = faults(config);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].field, "request_router_config.request_router_class");
}

}  // namespace
}  // namespace manta::spec
