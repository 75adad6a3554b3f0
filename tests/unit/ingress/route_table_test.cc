#include "ingress/route_table.h"

#include <gtest/gtest.h>

namespace manta::ingress {
namespace {

spec::RoutingSnapshot two_applications() {
  spec::RoutingSnapshot snapshot;
  snapshot.applications = {
      spec::ApplicationRoutes{.application = "web",
                              .route_prefix = "/",
                              .ingress = "Web",
                              .routes = {{"GET", "/v1/models", "models"},
                                         {"GET", "/v1/models/{id}", "model"},
                                         {"POST", "/v1/*", "openai"},
                                         {"GET", "/rag/query", "hidden"},
                                         {"*", "/raw/{a}/x", "proxy"}},
                              .openapi = "{}"},
      spec::ApplicationRoutes{.application = "rag", .route_prefix = "/rag", .ingress = "Rag"},
  };
  snapshot.deployments = {
      spec::ReplicaSet{.application = "web",
                       .deployment = "Web",
                       .methods = {{.name = "models"},
                                   {.name = "summarize", .idempotent = true},
                                   {.name = "proxy", .raw_http = true}}},
      spec::ReplicaSet{
          .application = "rag", .deployment = "Rag", .methods = {{.name = "call"}, {.name = "query", .streams = true}}},
      spec::ReplicaSet{.application = "rag", .deployment = "Llm", .methods = {{.name = "secret"}}},
  };
  return snapshot;
}

struct Case {
  std::string_view verb, path;
  std::string_view application, method;  // empty: no route
  std::string_view allow = "";
};

void expect(const RouteTable& table, const std::vector<Case>& cases) {
  for (const Case& c : cases) {
    SCOPED_TRACE(std::string(c.verb) + " " + std::string(c.path));
    const RouteMatch match = table.match(parse_verb(c.verb), c.path);
    EXPECT_EQ(match.route ? match.route->application : "", c.application);
    EXPECT_EQ(match.route ? match.route->method : "", c.method);
    if (!match.route) {
      EXPECT_EQ(allow_header(match.allow), c.allow);
    }
  }
}

TEST(RouteTableTest, TheLongestPrefixDecidesAndTheMostSpecificRouteOfItAnswers) {
  const RouteTable table(two_applications(), "");
  expect(table, {
                    {"GET", "/v1/models", "web", "models"},
                    {"GET", "/v1/models/m1", "web", "model"},
                    {"GET", "/v1/models/", "", "", "POST"},  // {id} takes no empty segment
                    {"POST", "/v1/models", "web", "openai"},
                    {"POST", "/v1/chat/completions", "web", "openai"},
                    {"GET", "/v1/chat/completions", "", "", "POST"},
                    {"POST", "/v1", "", ""},
                    {"POST", "/v12/x", "", ""},
                    {"PATCH", "/raw/b/x", "web", "proxy"},
                    {"GET", "/raw/b/y", "", ""},
                    {"POST", "/rag", "rag", "call"},
                    {"GET", "/rag", "rag", "call"},
                    {"GET", "/rag/", "rag", "call"},
                    {"POST", "/rag/call", "rag", "call"},
                    {"PUT", "/rag", "", "", "GET, HEAD, POST"},
                    {"HEAD", "/v1/models", "web", "models"},
                    {"POST", "/rag/query", "rag", "query"},
                    {"GET", "/rag/query", "", "", "POST"},  // web's route lies below rag's prefix
                    {"POST", "/ragged", "", ""},
                    {"GET", "/", "", ""},
                    {"GET", "", "", ""},
                    {"OPTIONS", "*", "", ""},
                });
}

TEST(RouteTableTest, MethodsOfTheIngressAnswerPostAtTheirName) {
  const RouteTable table(two_applications(), "");
  expect(table, {
                    {"POST", "/summarize", "web", "summarize"},
                    {"GET", "/summarize", "", "", "POST"},
                    {"POST", "/models", "web", "models"},  // besides its declared route
                    {"POST", "/rag/secret", "", ""},       // a method of another deployment
                    {"DELETE", "/proxy", "web", "proxy"},  // takes the raw request: any verb
                });
}

TEST(RouteTableTest, ARawCallAnswersEverythingBelowThePrefixThatNothingElseDoes) {
  spec::RoutingSnapshot snapshot;
  snapshot.applications = {spec::ApplicationRoutes{
      .application = "a", .route_prefix = "/a", .ingress = "D", .routes = {{"GET", "/items/{id}", "item"}}}};
  snapshot.deployments = {spec::ReplicaSet{
      .application = "a", .deployment = "D", .methods = {{.name = "call", .raw_http = true}, {.name = "item"}}}};
  expect(RouteTable(snapshot, ""), {
                                       {"GET", "/a", "a", "call"},
                                       {"DELETE", "/a/x/y", "a", "call"},
                                       {"GET", "/a/items/1", "a", "item"},
                                       {"PUT", "/a/items/1", "a", "call"},
                                       {"POST", "/a/item", "a", "item"},
                                       {"GET", "/b", "", ""},
                                   });
}

TEST(RouteTableTest, ADeclaredRouteForEverythingBelowWinsOverTheNamesOfMethods) {
  spec::RoutingSnapshot snapshot;
  snapshot.applications = {
      spec::ApplicationRoutes{.application = "a",
                              .route_prefix = "/a",
                              .ingress = "D",
                              .routes = {{"*", "/*", "all"}, {"POST", "/item", "item"}, {"GET", "/v1/*", "some"}},
                              .openapi = "{}"}};
  snapshot.deployments = {spec::ReplicaSet{
      .application = "a",
      .deployment = "D",
      .methods = {{.name = "all", .raw_http = true}, {.name = "some"}, {.name = "item"}, {.name = "call"}}}};
  expect(RouteTable(snapshot, ""), {
                                       {"POST", "/a/some", "a", "all"},
                                       {"POST", "/a/call", "a", "all"},
                                       {"POST", "/a/item", "a", "item"},  // declared as well, and exact
                                       {"GET", "/a/item", "a", "all"},
                                       {"GET", "/a/v1/x", "a", "some"},
                                       {"POST", "/a/v1/x", "a", "all"},
                                       {"GET", "/a/openapi.json", "a", "all"},
                                       {"GET", "/a/docs", "a", "all"},
                                       {"GET", "/a", "a", "all"},  // the prefix itself too
                                       {"GET", "/a/", "a", "all"},
                                   });
}

TEST(RouteTableTest, TheOpenApiDocumentIsServedBelowEachPrefix) {
  const RouteTable table(two_applications(), "");
  const RouteMatch match = table.match(Verb::Get, "/openapi.json");
  ASSERT_NE(match.route, nullptr);
  EXPECT_EQ(match.route->document, "{}");
  EXPECT_EQ(table.match(Verb::Get, "/rag/openapi.json").route, nullptr);
  const RouteMatch page = table.match(Verb::Get, "/docs");
  ASSERT_NE(page.route, nullptr);
  EXPECT_EQ(page.route->document_type, "text/html; charset=utf-8");
  EXPECT_EQ(table.match(Verb::Get, "/rag/docs").route, nullptr);
}

TEST(RouteTableTest, TheRootPathIsNotPartOfRoutes) {
  const RouteTable table(two_applications(), "/serve/");
  expect(table, {
                    {"POST", "/serve/rag/query", "rag", "query"},
                    {"GET", "/serve/rag", "rag", "call"},
                    {"POST", "/served/rag/query", "", ""},
                });
  EXPECT_EQ(table.without_root("/serve"), "/");
  EXPECT_EQ(table.without_root("/serve/-/healthz"), "/-/healthz");
}

TEST(RouteTableTest, PatternsAreTheLabelsOfMetrics) {
  const RouteTable table(two_applications(), "");
  EXPECT_EQ(table.match(Verb::Get, "/v1/models/m1").route->pattern, "/v1/models/{id}");
  EXPECT_EQ(table.match(Verb::Get, "/rag").route->pattern, "/rag");
  EXPECT_EQ(table.match(Verb::Post, "/rag/query").route->pattern, "/rag/query");
}

TEST(RouteTableTest, AnApplicationThatIsOnlyAnnouncedTakesNoPath) {
  auto snapshot = two_applications();
  snapshot.applications.insert(snapshot.applications.begin(), spec::ApplicationRoutes{.application = "new"});
  expect(RouteTable(snapshot, ""), {{"GET", "/v1/models", "web", "models"}, {"POST", "/rag/query", "rag", "query"}});
  snapshot.applications.erase(snapshot.applications.begin() + 1);
  expect(RouteTable(snapshot, ""), {{"GET", "/v1/models", "", ""}});
}

TEST(RouteTableTest, AMethodNotYetKnownIsRoutedByItsDeclaration) {
  auto snapshot = two_applications();
  snapshot.deployments.clear();
  expect(RouteTable(snapshot, ""), {{"GET", "/v1/models", "web", "models"}, {"POST", "/rag/query", "", ""}});
}

}  // namespace
}  // namespace manta::ingress
