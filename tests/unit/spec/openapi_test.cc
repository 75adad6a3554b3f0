#include "spec/openapi.h"

#include <gmock/gmock.h>

#include <manta/detail/json.h>

namespace manta::spec {
namespace {

using testing::HasSubstr;
using testing::Not;

ApplicationGraph served_graph() {
  return {.name = "rag",
          .ingress = "Rag",
          .routes = {{"GET", "/items/{id}", "item"}, {"*", "/v1/*", "openai"}},
          .nodes = {{.name = "Rag",
                     .methods = {{.name = "query",
                                  .request_schema = R"({"title":"Question"})",
                                  .response_schema = R"({"title":"Answer"})"},
                                 {.name = "call"},
                                 {.name = "item"},
                                 {.name = "tokens", .streams = true},
                                 {.name = "openai", .raw_http = true}}}}};
}

using Paths = std::map<std::string, std::map<std::string, Json>>;

struct Document {
  std::string openapi;
  Json info;
  Paths paths;
};
BOOST_DESCRIBE_STRUCT(Document, (), (openapi, info, paths))

TEST(OpenApiTest, EveryWayToReachAMethodIsAnOperation) {
  const auto document = detail::from_json<Document>(openapi(served_graph(), "/"));
  ASSERT_TRUE(document) << document.error().message;
  EXPECT_EQ(document->openapi, "3.1.0");
  const Paths& paths = document->paths;
  EXPECT_THAT(paths.at("/query").at("post").text,
              HasSubstr(R"("requestBody":{"content":{"application/json":{"schema":{"title":"Question"}}}})"));
  EXPECT_THAT(paths.at("/query").at("post").text, HasSubstr(R"({"schema":{"title":"Answer"}})"));
  EXPECT_TRUE(paths.at("/").contains("get"));
  EXPECT_TRUE(paths.at("/").contains("post"));
  EXPECT_THAT(paths.at("/items/{id}").at("get").text,
              HasSubstr(R"("parameters":[{"name":"id","in":"path","required":true)"));
  EXPECT_THAT(paths.at("/tokens").at("post").text, HasSubstr("text/event-stream"));
  EXPECT_TRUE(paths.at("/v1/{path}").contains("post"));
  EXPECT_FALSE(paths.contains("/openai"));
}

TEST(OpenApiTest, PathsStandUnderTheRoutePrefix) {
  const std::string text = openapi(served_graph(), "/rag");
  EXPECT_THAT(text, HasSubstr(R"("/rag/query":)"));
  EXPECT_THAT(text, HasSubstr(R"("/rag":{"get")"));
  EXPECT_THAT(text, Not(HasSubstr(R"("/query")")));
}

TEST(OpenApiTest, OperationIdsAreUnique) {
  const std::string text = openapi(served_graph(), "/");
  EXPECT_THAT(text, HasSubstr(R"("operationId":"call")"));
  EXPECT_THAT(text, HasSubstr(R"("operationId":"call_2")"));
  EXPECT_THAT(text, HasSubstr(R"("operationId":"call_3")"));
}

}  // namespace
}  // namespace manta::spec
