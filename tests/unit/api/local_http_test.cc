#include <gtest/gtest.h>

#include "deployments.h"

namespace manta {
namespace {

using manta::testing::LocalApp;

struct Web {
  Answer call(Question q) {
    return {"call " + q.query, std::vector<std::string>(static_cast<std::size_t>(q.top_k), "s")};
  }
  int add(int a, int b) { return a + b; }
  std::string hello() { return "hello"; }
  HttpResponse item(HttpRequest request) {
    return HttpResponse::text(request.method + " " + request.path_parameters.at("id") + " " +
                              request.query("q").value_or("-") + " " +
                              std::string(request.header("X-Thing").value_or("-")));
  }
  void raw(HttpRequest, HttpWriter out) {
    out.start_blocking(201, {{"content-type", "text/csv"}});
    out.write_blocking("a,");
    out.write_blocking("b");
  }
  void count(int to, Writer<int> out) {
    for (int i = 0; i < to; ++i) out.write_blocking(i);
  }
  void teapot() { throw HttpError(418, "short and stout"); }
  using methods =
      Methods<&Web::call, &Web::add, route<"GET", "/hello", &Web::hello>, route<"GET", "/items/{id}", &Web::item>,
              route<"*", "/raw/*", &Web::raw>, &Web::count, &Web::teapot>;
};

class LocalHttpTest : public ::testing::Test {
 protected:
  LocalApp app{Application{.ingress = bind<Web>()}};
};

TEST_F(LocalHttpTest, AMethodIsPostedByName) { EXPECT_EQ(app.post("/add", "[2, 3]").body, "5"); }

TEST_F(LocalHttpTest, CallAnswersAtThePrefix) {
  EXPECT_EQ(app.post("/", R"({"query": "q", "top_k": 1})").body, R"({"answer":"call q","sources":["s"]})");
}

TEST_F(LocalHttpTest, AGetTakesArgumentsFromTheQuery) {
  EXPECT_EQ(app.get("/?query=42&top_k=2").body, R"({"answer":"call 42","sources":["s","s"]})");
}

TEST_F(LocalHttpTest, RoutesChooseTheMethod) {
  EXPECT_EQ(app.get("/hello").body, R"("hello")");
  EXPECT_EQ(app.get("/items/7?q=a+b", {{"X-Thing", "t"}}).body, "GET 7 a b t");
}

TEST_F(LocalHttpTest, ARawStreamHasItsOwnStatusAndHeaders) {
  const HttpResponse response = app.request("PUT", "/raw/anything", "", {});
  EXPECT_EQ(response.status, 201);
  EXPECT_EQ(response.body, "a,b");
}

// Takes what fits, until nobody listens.
struct Cup final : detail::ItemSink {
  Task<Result<void>> write(std::string) override { co_return Result<void>(); }
  Result<void> write_blocking(std::string) override { return {}; }
  void start(int, HttpHeaders) override {}
  Result<bool> try_write(std::string_view bytes) override {
    if (dropped) return fail(ErrorCode::Cancelled, "nobody listens");
    if (taken.size() + bytes.size() > 4) return false;
    taken += bytes;
    return true;
  }
  std::string taken;
  bool dropped = false;
};

TEST(HttpWriterTest, TryWriteTakesAllOrNothing) {
  Cup cup;
  HttpWriter out(cup);
  EXPECT_TRUE(out.try_write("abc"));
  EXPECT_FALSE(out.try_write("de"));
  EXPECT_EQ(cup.taken, "abc");
  cup.dropped = true;
  EXPECT_THROW(out.try_write("d"), Exception);
}

TEST_F(LocalHttpTest, StreamsAreLinesOrEvents) {
  EXPECT_EQ(app.post("/count", "[3]").body, "0\n1\n2\n");
  EXPECT_EQ(app.post("/count", "[2]", {{"accept", "text/event-stream"}}).body, "data: 0\n\ndata: 1\n\n");
}

TEST_F(LocalHttpTest, ErrorsHaveAStatusAndName) {
  EXPECT_EQ(app.post("/", R"({"qery": "x"})").status, 400);
  EXPECT_NE(app.post("/", R"({"qery": "x"})").body.find("query"), std::string::npos);
  EXPECT_EQ(app.post("/add", R"(["x", 1])").status, 400);
  EXPECT_NE(app.post("/add", R"(["x", 1])").body.find("$[0]"), std::string::npos);
  EXPECT_EQ(app.post("/nowhere", "").status, 404);
  EXPECT_EQ(app.get("/add").status, 405);
  EXPECT_EQ(app.post("/teapot", "").status, 418);
  EXPECT_EQ(app.post("/hello", "[1]").status, 400);
}

TEST_F(LocalHttpTest, NoArgumentsMayBeSaidInFourWays) {
  for (const char* body : {"", "null", "{}", " [] "}) EXPECT_EQ(app.post("/hello", body).status, 200) << body;
}

TEST_F(LocalHttpTest, WhereAmIIsAnswered) {
  EXPECT_NE(app.post("/where_am_i", "").body.find(R"("deployment":"Web")"), std::string::npos);
}

}  // namespace
}  // namespace manta
