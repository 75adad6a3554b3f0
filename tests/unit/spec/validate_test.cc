#include "spec/validate.h"

#include <functional>
#include <string>

#include <gmock/gmock.h>

#include "spec/import_path.h"

namespace manta::spec {
namespace {

using testing::HasSubstr;

template <class Config>
std::string fields_of(const Config& config) {
  std::string fields;
  for (const Fault& fault : faults(config)) fields += (fields.empty() ? "" : " ") + fault.field;
  return fields;
}

TEST(ValidateTest, EachFieldOfADeploymentHasItsRange) {
  struct Case {
    std::function<void(DeploymentConfig&)> change;
    const char* fields;
  };
  const Case cases[] = {
      {[](auto&) {}, ""},
      {[](auto& c) { c.num_replicas = 0; }, "num_replicas"},
      {[](auto& c) { c.max_ongoing_requests = 0; }, "max_ongoing_requests"},
      {[](auto& c) { c.max_queued_requests = -2; }, "max_queued_requests"},
      {[](auto& c) { c.backpressure_status_code = 500; }, "backpressure_status_code"},
      {[](auto& c) { c.backpressure_retry_after_s = -1; }, "backpressure_retry_after_s"},
      {[](auto& c) { c.ray_actor_options.num_cpus = -1; }, "ray_actor_options.num_cpus"},
      {[](auto& c) { c.ray_actor_options.num_gpus = 0.25; }, ""},
      {[](auto& c) { c.ray_actor_options.num_gpus = 2; }, ""},
      {[](auto& c) { c.ray_actor_options.num_gpus = 1.5; }, "ray_actor_options.num_gpus"},
      {[](auto& c) { c.ray_actor_options.resources["x"] = -1; }, "ray_actor_options.resources.x"},
      {[](auto& c) { c.compute_threads = 0; }, "compute_threads"},
      {[](auto& c) { c.health_check_period_s = 0; }, "health_check_period_s"},
      {[](auto& c) { c.health_check_timeout_s = -1; }, "health_check_timeout_s"},
      {[](auto& c) { c.graceful_shutdown_wait_loop_s = -1; }, "graceful_shutdown_wait_loop_s"},
      {[](auto& c) { c.graceful_shutdown_timeout_s = -1; }, "graceful_shutdown_timeout_s"},
      {[](auto& c) { c.initialization_timeout_s = 0; }, "initialization_timeout_s"},
      {[](auto& c) { c.request_timeout_s = -1; }, "request_timeout_s"},
      {[](auto& c) { c.max_constructor_retry_count = 0; }, "max_constructor_retry_count"},
      {[](auto& c) { c.max_replicas_per_node = 101; }, "max_replicas_per_node"},
      {[](auto& c) { c.rolling_update_percentage = 1; }, ""},
      {[](auto& c) { c.rolling_update_percentage = 0; }, "rolling_update_percentage"},
      {[](auto& c) { c.rolling_update_percentage = 20; }, "rolling_update_percentage"},
      {[](auto& c) { c.user_config = "{"; }, "user_config"},
      {[](auto& c) { c.warmup = {{.method = "", .body = "x", .count = 0}}; },
       "warmup[0].method warmup[0].body warmup[0].count"},
      {[](auto& c) { c.env_vars = {{"A=B", "x"}}; }, "env_vars"},
  };
  for (const Case& test : cases) {
    DeploymentConfig config;
    test.change(config);
    EXPECT_EQ(fields_of(config), test.fields);
  }
}

TEST(ValidateTest, WhatIsAboutReplicasDoesNotGoTogetherWithInProxy) {
  DeploymentConfig config{.name = "OpenAi",
                          .max_ongoing_requests = 1024,
                          .request_timeout_s = 5,
                          .logging_config = LoggingConfig{},
                          .in_proxy = true};
  EXPECT_EQ(fields_of(config), "");
  config.num_replicas = 2;
  config.max_queued_requests = 10;
  config.ray_actor_options.num_cpus = 0.1;
  config.autoscaling_config = AutoscalingConfig{};
  config.node_affinity = NodeAffinity{.node_id = "n"};
  config.gang_scheduling_config = GangSchedulingConfig{};
  EXPECT_EQ(
      fields_of(config),
      "num_replicas max_queued_requests ray_actor_options autoscaling_config node_affinity gang_scheduling_config");
  config.in_proxy = false;
  EXPECT_EQ(fields_of(config), "");
}

TEST(ValidateTest, RoutePrefixesHaveOneForm) {
  const auto route = [](const char* prefix) {
    return fields_of(ApplicationConfig{.route_prefix = prefix, .import_path = "builtin:llm"});
  };
  for (const char* prefix : {"/", "/rag", "/a/b"}) EXPECT_EQ(route(prefix), "") << prefix;
  for (const char* prefix : {"", "rag", "/rag/", "/{id}", "/a b", "/a?b"})
    EXPECT_THAT(route(prefix), HasSubstr("route_prefix")) << prefix;
}

TEST(ValidateTest, NamesAndRoutesAreUnique) {
  const ApplicationConfig one{.name = "a", .route_prefix = "/a", .import_path = "builtin:llm"};
  EXPECT_EQ(fields_of(InstanceConfig{.applications = {one, one}}), "applications[1].name applications[1].route_prefix");
  const ApplicationConfig from_code{.name = "b", .import_path = "builtin:llm"};
  ApplicationConfig another = from_code;
  another.name = "c";
  EXPECT_EQ(fields_of(InstanceConfig{.applications = {from_code, another}}), "") << "the code may say more";
  ApplicationConfig two = one;
  two.deployments = {{.name = "D", .fields = {}}, {.name = "D", .fields = {}}};
  EXPECT_EQ(fields_of(two), "deployments[1].name");
}

TEST(ValidateTest, AGraphListsCalleesBeforeCallers) {
  ApplicationGraph graph{.name = "a", .ingress = "B", .nodes = {{.name = "A"}, {.name = "B", .children = {"A"}}}};
  EXPECT_EQ(fields_of(graph), "");
  std::swap(graph.nodes[0], graph.nodes[1]);
  EXPECT_EQ(fields_of(graph), "nodes[0].children");
  graph.ingress = "C";
  EXPECT_THAT(fields_of(graph), HasSubstr("ingress"));
}

TEST(ValidateTest, ValidateTellsTheFirstFault) {
  const Result<void> valid = validate(HttpOptions{.port = -1});
  ASSERT_FALSE(valid);
  EXPECT_EQ(valid.error().message, "port: expected 0 to 65535, found -1");
  EXPECT_EQ(valid.error().detail, "port");
}

TEST(ValidateTest, AProxyHasUpTo64Threads) {
  EXPECT_TRUE(validate(HttpOptions{.threads = 0}));
  EXPECT_TRUE(validate(HttpOptions{.threads = 64}));
  for (const int threads : {-1, 65}) {
    const Result<void> valid = validate(HttpOptions{.threads = threads});
    ASSERT_FALSE(valid);
    EXPECT_EQ(valid.error().message, "threads: expected 0 to 64, found " + std::to_string(threads));
  }
}

TEST(ImportPathTest, FourFormsAreKnown) {
  using Kind = ImportPath::Kind;
  EXPECT_EQ(parse_import_path("./librag.so:build").value(), (ImportPath{Kind::Library, "./librag.so", "build"}));
  EXPECT_EQ(parse_import_path("/opt/lib:x/librag.so.1:build").value(),
            (ImportPath{Kind::Library, "/opt/lib:x/librag.so.1", "build"}));
  EXPECT_EQ(parse_import_path("exec:./app").value(), (ImportPath{Kind::Program, "./app", ""}));
  EXPECT_EQ(parse_import_path("builtin:llm").value(), (ImportPath{Kind::Builtin, "", "llm"}));
  EXPECT_EQ(parse_import_path("pkg.vllm:entry").value(), (ImportPath{Kind::Python, "pkg.vllm", "entry"}));
  for (const char* text :
       {"", "x", "a:b:c", ":b", "a:", "lib.so:", "exec:", "builtin:", "builtin:a b", "lib.so", "a-b:c"})
    EXPECT_FALSE(parse_import_path(text)) << text;
}

TEST(ImportPathTest, PythonModulesNeedTheSdk) {
  EXPECT_TRUE(check_runnable(parse_import_path("builtin:llm").value()));
  EXPECT_THAT(check_runnable(parse_import_path("m:a").value()).error().message, HasSubstr("needs the Python SDK"));
}

}  // namespace
}  // namespace manta::spec
