#include "api/graph.h"

#include <gtest/gtest.h>

#include "deployments.h"

namespace manta::api {
namespace {

std::string fingerprint(const Application& application, std::string_view node) {
  return value_or_throw(make_graph(application)).find(node)->fingerprint;
}

struct Pair {
  Pair(Handle<Retriever>, Handle<Retriever>) {}
  int one() { return 1; }
  using methods = Methods<route<"GET", "/v1/one", &Pair::one>, route<"POST", "/v2/{id}/one", &Pair::one>>;
};

struct Many {
  explicit Many(std::vector<Handle<Retriever>> all) : size(all.size()) {}
  std::uint64_t count() { return size; }
  std::size_t size;
  using methods = Methods<&Many::count>;
};

struct Thin {
  static constexpr bool may_run_in_proxy = true;
  int one() { return 1; }
  using methods = Methods<&Thin::one>;
};

TEST(GraphTest, AClassSaysWhetherAProxyMayRunIt) {
  EXPECT_TRUE(describe(value_or_throw(make_graph({.ingress = bind<Thin>()}))).nodes[0].may_run_in_proxy);
  EXPECT_FALSE(describe(value_or_throw(make_graph(rag_application()))).nodes[0].may_run_in_proxy);
}

TEST(GraphTest, ListsCalleesBeforeCallers) {
  const Graph graph = value_or_throw(make_graph(rag_application()));
  ASSERT_EQ(graph.nodes.size(), 2u);
  EXPECT_EQ(graph.nodes[0].name, "Retriever");
  EXPECT_EQ(graph.ingress().name, "Rag");
  EXPECT_EQ(graph.ingress().children, std::vector<std::string>{"Retriever"});
}

TEST(GraphTest, ADeploymentBoundTwiceGetsASuffix) {
  const Application application{.ingress = bind<Pair>(bind<Retriever>("a"), bind<Retriever>("b"))};
  const Graph graph = value_or_throw(make_graph(application));
  EXPECT_EQ(graph.ingress().children, (std::vector<std::string>{"Retriever", "Retriever_1"}));
}

TEST(GraphTest, OneBoundUsedTwiceIsOneDeployment) {
  const auto shared = bind<Retriever>("a");
  const Graph graph = value_or_throw(make_graph({.ingress = bind<Pair>(shared, shared)}));
  EXPECT_EQ(graph.nodes.size(), 2u);
}

TEST(GraphTest, ListsOfBoundDeploymentsAreChildren) {
  const std::vector all{bind<Retriever>("a"), bind<Retriever>("b"), bind<Retriever>("c")};
  const Graph graph = value_or_throw(make_graph({.ingress = manta::bind<Many>(all)}));
  EXPECT_EQ(graph.ingress().children, (std::vector<std::string>{"Retriever", "Retriever_1", "Retriever_2"}));
}

TEST(GraphTest, VariantsRunBesideTheIngressAndChangeNoName) {
  const Application application{
      .ingress = bind<Retriever>("a"),
      .variants = {bind<Retriever>("b"), bind<Pair>(bind<Retriever>("c"), bind<Retriever>("d"))}};
  const Graph graph = value_or_throw(make_graph(application));
  EXPECT_EQ(graph.ingress().name, "Retriever");
  const auto described = describe(graph);
  EXPECT_EQ(described.ingress, "Retriever");
  std::vector<std::string> names;
  for (const auto& node : described.nodes) names.push_back(node.name);
  EXPECT_EQ(names, (std::vector<std::string>{"Retriever", "Retriever_1", "Retriever_2", "Retriever_3", "Pair"}));
}

TEST(GraphTest, TheConfiguredNameWins) {
  const Graph graph =
      value_or_throw(make_graph({.ingress = bind<Retriever>("a").with({.name = "Search", .num_replicas = 2})}));
  EXPECT_EQ(graph.ingress().name, "Search");
  EXPECT_EQ(describe(graph).nodes.back().config.num_replicas, 2);
  EXPECT_EQ(describe(graph).nodes.back().config.name, "Search");
}

TEST(GraphTest, WithMakesAnotherDeployment) {
  const auto plain = bind<Retriever>("a");
  const auto larger = plain.with({.num_replicas = 3});
  EXPECT_EQ(plain.node()->config.num_replicas, 1);
  EXPECT_EQ(larger.node()->config.num_replicas, 3);
}

TEST(GraphTest, FingerprintsFollowClassAndArgumentsAndWhoTheChildrenAre) {
  const auto with_docs = [](const char* docs) { return Application{.ingress = bind<Rag>(bind<Retriever>(docs), 1)}; };
  EXPECT_EQ(fingerprint(with_docs("a"), "Rag"), fingerprint(with_docs("a"), "Rag"));
  EXPECT_NE(fingerprint(with_docs("a"), "Retriever"), fingerprint(with_docs("b"), "Retriever"));
  EXPECT_EQ(fingerprint(with_docs("a"), "Rag"), fingerprint(with_docs("b"), "Rag")) << "it calls the same as before";
  EXPECT_NE(fingerprint(rag_application(1), "Rag"), fingerprint(rag_application(2), "Rag"));
}

TEST(GraphTest, FingerprintsDoNotFollowTheConfiguration) {
  EXPECT_EQ(fingerprint({.ingress = bind<Retriever>("a")}, "Retriever"),
            fingerprint({.ingress = bind<Retriever>("a").with({.num_replicas = 9})}, "Retriever"));
}

TEST(GraphTest, AnApplicationWithoutAnIngressIsRefused) {
  const auto graph = make_graph({.name = "empty"});
  ASSERT_FALSE(graph);
  EXPECT_EQ(graph.error().code, ErrorCode::InvalidArgument);
  EXPECT_NE(graph.error().message.find("'empty' has no ingress"), std::string::npos);
}

TEST(GraphTest, DescribesMethodsRoutesAndSchemas) {
  const auto described =
      describe(value_or_throw(make_graph({.ingress = bind<Pair>(bind<Retriever>("a"), bind<Retriever>("b"))})));
  ASSERT_EQ(described.routes.size(), 2u);
  EXPECT_EQ(described.routes[0], (spec::RouteSpec{"GET", "/v1/one", "one"}));
  EXPECT_EQ(described.routes[1], (spec::RouteSpec{"POST", "/v2/{id}/one", "one"}));
  const auto& retriever = described.nodes.front();
  ASSERT_EQ(retriever.methods.size(), 4u);
  EXPECT_EQ(retriever.methods[0].name, "search");
  EXPECT_TRUE(retriever.methods[0].idempotent);
  EXPECT_FALSE(retriever.methods[1].idempotent);
  EXPECT_TRUE(retriever.methods[2].streams);
  EXPECT_EQ(retriever.methods[3].name, "where_am_i");
  EXPECT_NE(retriever.methods[0].request_schema->find("prefixItems"), std::string::npos)
      << *retriever.methods[0].request_schema;
}

}  // namespace
}  // namespace manta::api
