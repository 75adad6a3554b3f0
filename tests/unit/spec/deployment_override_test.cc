#include "spec/deployment_override.h"

#include <gmock/gmock.h>

#include "spec/parse_config.h"
#include "unit/spec/environment.h"

namespace manta::spec {
namespace {

using testing::HasSubstr;

DeploymentConfig coded() {
  DeploymentConfig config{.name = "Embed", .num_replicas = 2, .max_ongoing_requests = 8};
  config.ray_actor_options = {.num_cpus = 0.25, .num_gpus = 0, .memory = 1, .resources = {{"fast", 1}}};
  config.env_vars = {{"A", "code"}, {"B", "code"}};
  return config;
}

DeploymentOverride given(std::map<std::string, std::string> fields) {
  return {.name = "Embed", .fields = std::move(fields)};
}

TEST(DeploymentOverrideTest, FieldsThatAreNotGivenKeepWhatTheCodeSays) {
  EXPECT_EQ(apply_override(coded(), given({})).value(), coded());
  DeploymentConfig expected = coded();
  expected.num_replicas = 4;
  expected.user_config = R"({"a":1})";
  EXPECT_EQ(apply_override(coded(), given({{"num_replicas", "4"}, {"user_config", R"("{\"a\":1}")"}})).value(),
            expected);
}

TEST(DeploymentOverrideTest, ResourcesAreReplacedAsAWholeAndVariablesOneByOne) {
  const auto config = apply_override(
      coded(), given({{"ray_actor_options", R"({"num_gpus":0.5})"}, {"env_vars", R"({"B":"file","C":"file"})"}}));
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->ray_actor_options, (Resources{.num_cpus = 1, .num_gpus = 0.5}));
  EXPECT_EQ(config->env_vars, (std::map<std::string, std::string>{{"A", "code"}, {"B", "file"}, {"C", "file"}}));
}

TEST(DeploymentOverrideTest, InProxyEndsTheResourcesThatTheCodeAsksFor) {
  DeploymentConfig code{.name = "OpenAi"};
  code.ray_actor_options.num_cpus = 0.1;
  const auto config = apply_override(code, given({{"in_proxy", "true"}}));
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->ray_actor_options, Resources{});
  const auto both = apply_override(code, given({{"in_proxy", "true"}, {"ray_actor_options", R"({"num_cpus":2})"}}));
  ASSERT_FALSE(both);
  EXPECT_EQ(both.error().detail, "ray_actor_options");
}

TEST(DeploymentOverrideTest, AValueThatDoesNotFitNamesItsField) {
  EXPECT_EQ(apply_override(coded(), given({{"num_replicas", "\"x\""}})).error().message,
            "$.num_replicas: expected an integer, found a string");
  EXPECT_EQ(apply_override(coded(), given({{"num_replicas", "0"}})).error().message,
            "num_replicas: expected 1 or more, found 0");
  EXPECT_THAT(apply_override(coded(), given({{"num_replica", "1"}})).error().message,
              HasSubstr("did you mean 'num_replicas'?"));
  EXPECT_FALSE(apply_override(coded(), given({{"num_replicas", "}"}})));
}

ApplicationGraph graph() {
  return {.name = "built",
          .ingress = "Rag",
          .nodes = {{.name = "Embed", .config = coded()},
                    {.name = "Rag", .children = {"Embed"}, .config = {.name = "Rag"}}}};
}

TEST(DeploymentOverrideTest, AnUnknownDeploymentNamesTheKnownOnes) {
  const auto applied = apply_overrides(graph(), {.name = "rag", .deployments = {{.name = "Embd", .fields = {}}}});
  ASSERT_FALSE(applied);
  EXPECT_EQ(applied.error().message,
            "application 'rag' has no deployment 'Embd'; did you mean 'Embed'? It has: Embed, Rag");
}

TEST(DeploymentOverrideTest, TheGraphTakesNamePrefixAndOverrides) {
  const auto applied = apply_overrides(
      graph(),
      {.name = "rag", .route_prefix = "/r", .deployments = {{.name = "Embed", .fields = {{"num_replicas", "3"}}}}});
  ASSERT_TRUE(applied) << applied.error().message;
  EXPECT_EQ(applied->name, "rag");
  EXPECT_EQ(applied->route_prefix, "/r");
  EXPECT_EQ(applied->nodes.at(0).config.num_replicas, 3);
  EXPECT_EQ(applied->nodes.at(1).config.num_replicas, 1);
}

TEST(DeploymentOverrideTest, APrefixThatIsNotGivenStaysThatOfTheCode) {
  ApplicationGraph built = graph();
  built.route_prefix = "/code";
  EXPECT_EQ(apply_overrides(built, {.name = "rag"})->route_prefix, "/code");
  EXPECT_EQ(apply_overrides(built, {.name = "rag", .route_prefix = "/"})->route_prefix, "/");
}

TEST(DeploymentOverrideTest, AParsedFileAppliesAsItStands) {
  const auto config = parse_config(R"(
applications:
- name: rag
  import_path: ./librag.so:build
  deployments:
  - name: Embed
    num_replicas: 3
    ray_actor_options: {num_cpus: 0.5, runtime_env: {env_vars: {B: file}}}
    user_config: {threshold: 0.5}
    warmup: [{method: embed, body: {text: hi}}]
)",
                                   "app.yaml", environment());
  ASSERT_TRUE(config) << config.error().message;
  const auto applied = apply_overrides(graph(), config->applications.at(0));
  ASSERT_TRUE(applied) << applied.error().message;
  const DeploymentConfig& embed = applied->nodes.at(0).config;
  EXPECT_EQ(embed.num_replicas, 3);
  EXPECT_EQ(embed.ray_actor_options, (Resources{.num_cpus = 0.5}));
  EXPECT_EQ(embed.env_vars.at("B"), "file");
  EXPECT_EQ(embed.user_config, R"({"threshold":0.5})");
  EXPECT_EQ(embed.warmup.at(0), (WarmUp{.method = "embed", .body = R"({"text":"hi"})"}));
}

}  // namespace
}  // namespace manta::spec
