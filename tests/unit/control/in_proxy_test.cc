#include "control/in_proxy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "unit/control/controller_fixture.h"

namespace manta::control {
namespace {

using ::testing::HasSubstr;

const ArtifactRef kBuiltin{.kind = "builtin", .source = {}, .function = "openai", .sha256 = {}, .path = {}};

spec::ApplicationGraph openai_graph() {
  spec::ApplicationGraph graph{.name = "app", .ingress = "OpenAi"};
  graph.nodes = {{.name = "Llm", .class_name = "Llm", .config = {.name = "Llm"}},
                 {.name = "OpenAi",
                  .class_name = "OpenAi",
                  .children = {"Llm"},
                  .config = {.name = "OpenAi", .in_proxy = true},
                  .methods = {{.name = "handle", .raw_http = true}},
                  .may_run_in_proxy = true}};
  return graph;
}

spec::ApplicationConfig openai_config() { return {.name = "app", .import_path = "builtin:openai"}; }

struct Refused {
  const char* why;
  void (*change)(spec::ApplicationConfig&, ArtifactRef&, spec::ApplicationGraph&);
  const char* place = "args";
};

TEST(InProxyTest, WhatAProxyCannotRunIsRefusedWithItsPlace) {
  const Refused cases[] = {
      {"proxies run no code of applications",
       [](auto& config, auto& artifact, auto&) {
         artifact.kind = "library";
         config.import_path = "app.so:build";
       },
       "import_path"},
      {"class OpenAi is not made to run in a proxy",
       [](auto&, auto&, auto& graph) { graph.nodes[1].may_run_in_proxy = false; }},
      {"class OpenAi is not made to run in a proxy",
       [](auto&, auto&, auto& graph) { graph.nodes[1].methods[0].takes_stream = true; }},
      {"the ingress of an application, which is 'OpenAi' here",
       [](auto& config, auto&, auto& graph) {
         std::swap(graph.nodes[0].config.in_proxy, graph.nodes[1].config.in_proxy);
         graph.nodes[0].may_run_in_proxy = true;
         config.deployments = {{.name = "Other", .fields = {}}, {.name = "Llm", .fields = {{"in_proxy", "true"}}}};
       },
       "deployments[1].in_proxy"},
      {"'Variant' calls it through a handle",
       [](auto&, auto&, auto& graph) {
         graph.nodes.push_back({.name = "Variant", .children = {"OpenAi"}, .config = {.name = "Variant"}});
       }},
      {"not together with `traffic`",
       [](auto& config, auto&, auto&) {
         config.traffic = {{.route = "/", .split = {{.deployment = "OpenAi", .weight = 1}}}};
       }},
      {"not together with `placement: together`", [](auto& config, auto&, auto&) { config.placement = "together"; }}};
  for (const Refused& refused : cases) {
    auto config = openai_config();
    auto artifact = kBuiltin;
    auto graph = openai_graph();
    refused.change(config, artifact, graph);
    const auto checked = check_in_proxy(config, artifact, graph);
    ASSERT_FALSE(checked) << refused.why;
    EXPECT_EQ(checked.error().code, ErrorCode::InvalidArgument);
    EXPECT_THAT(checked.error().message, HasSubstr(refused.why));
    EXPECT_THAT(checked.error().message, HasSubstr("or remove in_proxy"));
    EXPECT_EQ(checked.error().detail, refused.place) << refused.why;
  }
  EXPECT_TRUE(check_in_proxy(openai_config(), kBuiltin, openai_graph()));
}

TEST(InProxyTest, AnInstanceWithoutProxiesRefusesIt) {
  ApplicationRecord record{.name = "app", .config = openai_config(), .graph = openai_graph(), .artifact = kBuiltin};
  EXPECT_TRUE(check_proxies_run(record, "EveryNode"));
  const auto refused = check_proxies_run(record, "Disabled");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().detail, "args");
  record.graph.nodes[1].config.in_proxy = false;
  EXPECT_TRUE(check_proxies_run(record, "Disabled"));
}

// Llm with replicas behind OpenAi in the proxies; the arguments are the fingerprint of the latter.
class InProxyControllerTest : public ControllerTest {
 protected:
  InProxyControllerTest() {
    build = [this](const std::string& args) {
      spec::ApplicationGraph graph = openai_graph();
      graph.nodes[1].fingerprint = args;
      graph.nodes[1].config.in_proxy = in_proxy;
      return graph;
    };
  }
  const spec::ReplicaSet set_of(const std::string& name) const {
    const auto all = snapshot().deployments;
    return *std::ranges::find(all, name, &spec::ReplicaSet::deployment);
  }
  std::size_t replicas_of(const std::string& name) const {
    return static_cast<std::size_t>(std::ranges::count_if(
        backend.running(), [&](const auto& entry) { return spec_of(entry.second).deployment == name; }));
  }

  bool in_proxy = true;
};

TEST_F(InProxyControllerTest, ItHasNoReplicasAndIsHealthyAndProxiesAreToldWhatToRun) {
  ASSERT_TRUE(deploy(1, "{\"a\":1}"));
  EXPECT_EQ(status("OpenAi").status, "HEALTHY");
  EXPECT_EQ(status("OpenAi").message, kRunsInProxies);
  EXPECT_EQ(application_status().status, "DEPLOYING") << "the model does not run yet";
  settle();
  EXPECT_EQ(application_status().status, "RUNNING");
  EXPECT_EQ(replicas_of("OpenAi"), 0U);
  EXPECT_EQ(replicas_of("Llm"), 1U);
  const spec::ReplicaSet set = set_of("OpenAi");
  ASSERT_TRUE(set.hosted);
  EXPECT_EQ(set.hosted->builtin, "test");
  EXPECT_EQ(set.hosted->args, "{\"a\":1}");
  EXPECT_EQ(set.hosted->fingerprint, "{\"a\":1}");
  EXPECT_TRUE(set.replicas.empty());
  EXPECT_FALSE(set_of("Llm").hosted);
  EXPECT_TRUE(snapshot().applications.at(0)->ready);
}

TEST_F(InProxyControllerTest, AChangeIsPublishedAtOnceAndSurvivesTheController) {
  ASSERT_TRUE(deploy(1, "1"));
  settle();
  const std::string before = set_of("OpenAi").hosted->version;
  ASSERT_TRUE(deploy(1, "2"));
  EXPECT_NE(set_of("OpenAi").hosted->version, before);
  EXPECT_EQ(set_of("OpenAi").hosted->args, "2");
  settle();
  begin();
  settle();
  EXPECT_EQ(set_of("OpenAi").hosted->args, "2");
  EXPECT_EQ(status("OpenAi").status, "HEALTHY");
}

TEST_F(InProxyControllerTest, ReplicasGoWhenItMovesIntoTheProxies) {
  in_proxy = false;
  ASSERT_TRUE(deploy(1, "1"));
  settle();
  ASSERT_EQ(replicas_of("OpenAi"), 1U);
  in_proxy = true;
  ASSERT_TRUE(deploy(1, "1"));
  settle();
  EXPECT_TRUE(set_of("OpenAi").hosted);
  EXPECT_TRUE(set_of("OpenAi").replicas.empty());
  EXPECT_EQ(status("OpenAi").status, "HEALTHY");
}

TEST_F(InProxyControllerTest, ProxiesServeUntilReplicasRun) {
  ASSERT_TRUE(deploy(1, "1"));
  settle();
  in_proxy = false;
  ASSERT_TRUE(deploy(1, "1"));
  EXPECT_TRUE(set_of("OpenAi").hosted) << "the first replica is only starting";
  settle();
  EXPECT_FALSE(set_of("OpenAi").hosted);
  EXPECT_EQ(set_of("OpenAi").replicas.size(), 1U);
}

TEST_F(InProxyControllerTest, ItCannotBeScaled) {
  ASSERT_TRUE(deploy(1, "1"));
  settle();
  const auto scaled = controller->scale("app", "OpenAi", 2);
  ASSERT_FALSE(scaled);
  EXPECT_EQ(scaled.error().status, 412);
}

}  // namespace
}  // namespace manta::control
