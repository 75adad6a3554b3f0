#include "control/serve_details.h"

#include <gmock/gmock.h>

#include <manta/detail/json.h>

namespace manta::control {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string json_of(const DeploymentConfig& config) { return detail::to_json(serve_config(config)).value(); }

TEST(ServeConfigTest, WhatIsNotSetIsLeftOut) {
  const std::string json = json_of({.name = "D"});
  EXPECT_THAT(json, HasSubstr(R"("num_replicas":1,"max_ongoing_requests":5,)"));
  EXPECT_THAT(json, HasSubstr(R"("ray_actor_options":{"num_cpus":1.0})"));
  for (const char* key : {"user_config", "autoscaling_config", "placement_group", "max_replicas_per_node",
                          "gang_scheduling_config", "max_surge_percent", "logging_config", "compute_threads"})
    EXPECT_THAT(json, Not(HasSubstr(key)));
}

TEST(ServeConfigTest, ANumberOfReplicasIsThereOnlyWhereTheLoadDoesNotDecide) {
  const std::string json = json_of({.name = "D", .num_replicas = 3, .autoscaling_config = AutoscalingConfig{}});
  EXPECT_THAT(json, Not(HasSubstr("num_replicas\":3")));
  EXPECT_THAT(json, HasSubstr(R"("autoscaling_config":{"min_replicas":1,"initial_replicas":null,"max_replicas":1,)"));
}

TEST(ServeConfigTest, OnlyRoutersThatRayHasAreNamed) {
  const auto router = [](const char* name) {
    return serve_config(DeploymentConfig{.request_router_config = {.request_router_class = name}})
        .request_router_config.request_router_class.value_or("");
  };
  EXPECT_THAT(router("power_of_two"), HasSubstr(":PowerOfTwoChoicesRequestRouter"));
  EXPECT_THAT(router("ray.serve.experimental.round_robin_router:RoundRobinRouter"), HasSubstr(":RoundRobinRouter"));
  EXPECT_EQ(router("least_loaded"), "");
  EXPECT_EQ(router("custom:mine"), "");
}

TEST(ServeConfigTest, OnlyThePolicyThatRayHasIsNamed) {
  const auto policy = [](const char* name) {
    return serve_config(DeploymentConfig{.autoscaling_config = AutoscalingConfig{.policy = name}})
        .autoscaling_config->policy.policy_function.value_or("");
  };
  EXPECT_EQ(policy("default"), "ray.serve.autoscaling_policy:default_autoscaling_policy");
  EXPECT_EQ(policy("custom:mine"), "");
}

TEST(ServeConfigTest, AnEntryOfTheFileKeepsWhatItSaidInRaysForms) {
  spec::ApplicationConfig application;
  application.deployments = {{.name = "D",
                              .fields = {{"backpressure_status_code", "429"},
                                         {"num_replicas", "2"},
                                         {"ray_actor_options", R"({"num_cpus":0.5})"},
                                         {"request_router_config", R"({"request_router_class":"locality_first"})"}}}};
  const auto fields = serve_config(application).deployments[0].fields;
  EXPECT_EQ(fields.at("backpressure_config"), R"({"status_code":429,"retry_after_s":null})");
  EXPECT_FALSE(fields.contains("backpressure_status_code"));
  EXPECT_EQ(fields.at("num_replicas"), "2");
  EXPECT_EQ(fields.at("ray_actor_options"), R"({"num_cpus":0.5})");
  EXPECT_THAT(fields.at("request_router_config"), Not(HasSubstr("request_router_class")));
}

TEST(ServeDetailsTest, RequestsMayGoToEveryHealthyProxy) {
  InstanceDetails details;
  details.http_options = {.host = "127.0.0.1", .port = 8000};
  EXPECT_TRUE(serve_details(details, {}).target_groups.empty()) << "no proxy";
  details.proxies = {{"a", {.node_id = "a", .node_ip = "10.0.0.1", .status = "HEALTHY"}},
                     {"b", {.node_id = "b", .node_ip = "", .status = "HEALTHY"}},
                     {"c", {.node_id = "c", .node_ip = "10.0.0.3", .status = "STARTING"}}};
  const auto groups = serve_details(details, {}).target_groups;
  ASSERT_EQ(groups.size(), 1u);
  ASSERT_EQ(groups[0].targets.size(), 2u);
  EXPECT_EQ(groups[0].targets[0].ip, "10.0.0.1");
  EXPECT_EQ(groups[0].targets[1].ip, "127.0.0.1") << "its machine has no other address";
  EXPECT_EQ(groups[0].targets[1].port, 8000);
}

TEST(ServeDetailsTest, TopologyIsByNameWithTheIngress) {
  InstanceDetails details;
  details.applications["a"] = {
      .name = "a",
      .deployment_topology = {{.name = "In", .outbound_deployments = {"Out"}, .is_ingress = true}, {.name = "Out"}}};
  const ServeTopology topology = serve_details(details, {{"a", {}}}).applications.at("a").deployment_topology;
  EXPECT_EQ(topology.ingress_deployment, "In");
  EXPECT_EQ(topology.nodes.at("In").outbound_deployments.at(0).name, "Out");
  EXPECT_EQ(topology.nodes.at("In").outbound_deployments.at(0).app_name, "a");
  EXPECT_FALSE(topology.nodes.at("Out").is_ingress);
}

}  // namespace
}  // namespace manta::control
