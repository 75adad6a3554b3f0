#include "control/application_record.h"

#include <gtest/gtest.h>

namespace manta::control {
namespace {

spec::ApplicationGraph graph(const std::string& name = "rag") {
  spec::ApplicationGraph graph{.name = name, .ingress = "Rag"};
  graph.nodes = {{.name = "Embed", .fingerprint = "f1"}, {.name = "Rag", .fingerprint = "f2", .children = {"Embed"}}};
  return graph;
}

ApplicationRecord record(spec::ApplicationConfig config = {}) {
  return make_records(config, {.function = "build", .sha256 = "aa"}, {graph()}, 1)->front();
}

TEST(ApplicationRecordTest, EqualSchemasAreOneText) {
  spec::ApplicationGraph built = graph();
  const std::string question = R"({"title":"Question"})", answer = R"({"title":"Answer"})";
  for (spec::NodeSpec& node : built.nodes)
    node.methods = {{.name = "a", .request_schema = question, .response_schema = answer},
                    {.name = "b", .request_schema = answer, .response_schema = question}};
  const spec::ApplicationGraph before = built;
  share_equal_schemas(built);
  EXPECT_EQ(built, before);
  const auto& first = built.nodes[0].methods[0];
  const auto& last = built.nodes[1].methods[1];
  EXPECT_TRUE(first.request_schema.is_same_object(last.response_schema));
  EXPECT_TRUE(first.response_schema.is_same_object(last.request_schema));
}

TEST(ImportPathTest, HasThreeForms) {
  EXPECT_EQ(artifact_of("./lib:x/librag.so:build")->source, "./lib:x/librag.so");
  EXPECT_EQ(artifact_of("./librag.so:build")->function, "build");
  EXPECT_EQ(artifact_of("exec:./rag")->kind, "executable");
  EXPECT_EQ(artifact_of("builtin:embed")->function, "embed");
  EXPECT_FALSE(artifact_of("./librag.so"));
  EXPECT_FALSE(artifact_of("builtin:"));
}

TEST(MakeRecordsTest, TheConfigurationNamesTheApplication) {
  EXPECT_EQ(record().name, "rag") << "the default name gives way to the code's";
  EXPECT_EQ(record({.name = "mine", .route_prefix = "/mine"}).name, "mine");
  EXPECT_EQ(record({.name = "mine", .route_prefix = "/mine"}).route_prefix, "/mine");
  EXPECT_EQ(record().route_prefix, "/");
}

TEST(MakeRecordsTest, OnlyARoutePrefixThatIsGivenReplacesTheCodes) {
  const auto prefix = [](const spec::ApplicationConfig& config) {
    spec::ApplicationGraph built = graph();
    built.route_prefix = "/code";
    return make_records(config, {}, {built}, 1)->front().route_prefix;
  };
  EXPECT_EQ(prefix({.name = "mine"}), "/code");
  EXPECT_EQ(prefix({.route_prefix = "/mine"}), "/mine");
  EXPECT_EQ(prefix({.route_prefix = "/"}), "/");
}

TEST(MakeRecordsTest, SeveralApplicationsKeepTheirOwnNames) {
  const auto records = make_records({.name = "both"}, {}, {graph("a"), graph("b")}, 1);
  ASSERT_TRUE(records);
  EXPECT_EQ(records->at(0).name, "a");
  EXPECT_EQ(records->at(1).graph_index, 1);
  EXPECT_FALSE(make_records({}, {}, {graph(""), graph("b")}, 1));
}

TEST(MakeRecordsTest, OverridesReplaceTheKeysTheyName) {
  const spec::ApplicationConfig config{
      .deployments = {
          {.name = "Embed", .fields = {{"num_replicas", "4"}, {"ray_actor_options", R"({"num_cpus":0.5})"}}}}};
  const DeploymentConfig changed = record(config).graph.nodes[0].config;
  EXPECT_EQ(changed.num_replicas, 4);
  EXPECT_EQ(changed.ray_actor_options.num_cpus, 0.5);
  EXPECT_EQ(changed.max_ongoing_requests, 5) << "from the code";
}

TEST(MakeRecordsTest, AnUnknownDeploymentIsNamedWithThoseThatExist) {
  const auto records = make_records({.deployments = {{.name = "Embedd"}}}, {}, {graph()}, 1);
  ASSERT_FALSE(records);
  EXPECT_EQ(records.error().code, ErrorCode::InvalidArgument);
  EXPECT_NE(records.error().message.find("'Embedd'"), std::string::npos);
  EXPECT_NE(records.error().message.find("it has: Embed, Rag"), std::string::npos);
  EXPECT_NE(records.error().message.find("did you mean 'Embed'?"), std::string::npos);
}

TEST(MakeRecordsTest, ErrorsOfOverridesTellTheirPlaceInTheConfiguration) {
  const auto place = [](std::vector<spec::DeploymentOverride> overrides) {
    auto records = make_records({.deployments = std::move(overrides)}, {}, {graph()}, 1);
    return of_application(2, std::move(records.error())).detail;
  };
  EXPECT_EQ(place({{.name = "Embed"}, {.name = "Non"}}), "$.applications[2].deployments[1].name");
  EXPECT_EQ(place({{.name = "Rag", .fields = {{"num_replicas", "\"two\""}}}}),
            "$.applications[2].deployments[0].num_replicas");
  EXPECT_EQ(place({{.name = "Rag", .fields = {{"ray_actor_options", R"({"num_gpus":1.5})"}}}}),
            "$.applications[2].deployments[0].ray_actor_options.num_gpus");
}

TEST(MakeRecordsTest, AWrongTypeInAnOverrideIsRefused) {
  EXPECT_FALSE(
      make_records({.deployments = {{.name = "Embed", .fields = {{"num_replicas", "\"two\""}}}}}, {}, {graph()}, 1));
}

TEST(VersionTest, ChangesWithWhatAProcessGetsAtItsStart) {
  const ApplicationRecord base = record();
  const std::string version = version_of(base, base.graph.nodes[0]);
  const auto with = [&](auto change) {
    ApplicationRecord other = base;
    change(other);
    return version_of(other, other.graph.nodes[0]);
  };
  EXPECT_EQ(with([](auto&) {}), version);
  EXPECT_NE(with([](auto& r) { r.artifact.sha256 = "bb"; }), version);
  EXPECT_EQ(with([](auto& r) { r.config.args = R"({"x":1})"; }), version) << "what they change is in the fingerprint";
  EXPECT_NE(with([](auto& r) { r.config.env_vars["A"] = "1"; }), version);
  EXPECT_NE(with([](auto& r) { r.graph.nodes[0].fingerprint = "other"; }), version);
  EXPECT_NE(with([](auto& r) { r.graph.nodes[0].config.ray_actor_options.num_gpus = 1; }), version);
  EXPECT_EQ(with([](auto& r) { r.graph.nodes[0].config.num_replicas = 7; }), version) << "scaling restarts nothing";
  EXPECT_EQ(with([](auto& r) { r.graph.nodes[0].config.health_check_period_s = 1; }), version);
  EXPECT_EQ(with([](auto& r) { r.graph.nodes[0].config.max_ongoing_requests = 9; }), version) << "told while it runs";
  EXPECT_EQ(with([](auto& r) { r.graph.nodes[0].config.user_config = "{}"; }), version) << "told while it runs";
  EXPECT_NE(version_of(base, base.graph.nodes[1]), version);
}

}  // namespace
}  // namespace manta::control
