#include <manta/builtin/ab_router.h>

#include <cmath>
#include <set>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <manta/testing.h>

namespace manta::builtin {
namespace {

using ::testing::HasSubstr;

class AbTyped {
 public:
  explicit AbTyped(std::string name) : name_(std::move(name)) {}
  Task<std::string> call(std::string question) {
    if (question == "fail") throw HttpError(418, name_ + " fails");
    co_return name_ + ":" + question;
  }
  using methods = Methods<&AbTyped::call>;

 private:
  std::string name_;
};

class AbOther {  // another class with the same call
 public:
  Task<std::string> call(std::string question) { co_return "other:" + question; }
  using methods = Methods<&AbOther::call>;
};

class AbRaw {
 public:
  explicit AbRaw(std::string name) : name_(std::move(name)) {}
  Task<HttpResponse> call(HttpRequest request) {
    co_return HttpResponse::text(name_ + " " + request.method + " " + request.body, 201);
  }
  using methods = Methods<&AbRaw::call>;

 private:
  std::string name_;
};

class AbStreams {
 public:
  explicit AbStreams(std::string name) : name_(std::move(name)) {}
  Task<void> call(HttpRequest request, HttpWriter out) {
    co_await out.start(202, {{"content-type", "text/plain"}, {"x-model", name_}});
    co_await out.write(name_);
    co_await out.write(request.body);
  }
  using methods = Methods<&AbStreams::call>;

 private:
  std::string name_;
};

class AbItems {
 public:
  explicit AbItems(int first) : first_(first) {}
  Task<void> call(int count, Writer<int> out) {
    for (int i = 0; i < count; ++i) co_await out.write(first_ + i);
  }
  using methods = Methods<&AbItems::call>;

 private:
  int first_;
};

std::string typed_answer(double split, const std::string& question = "q") {
  manta::testing::LocalApp app({.ingress = ab_router(manta::bind<AbTyped>("a"), manta::bind<AbTyped>("b"), split)});
  return app.post("/", "[\"" + question + "\"]").body;
}

TEST(ABRouterTest, PassesValuesOn) {
  EXPECT_EQ(typed_answer(1), "\"a:q\"");
  EXPECT_EQ(typed_answer(0), "\"b:q\"");
}

TEST(ABRouterTest, TwoClassesMayStandBehindIt) {
  manta::testing::LocalApp app({.ingress = ab_router(manta::bind<AbTyped>("a"), manta::bind<AbOther>(), 0)});
  EXPECT_EQ(app.post("/", R"(["q"])").body, "\"other:q\"");
}

TEST(ABRouterTest, AnErrorKeepsItsStatus) {
  manta::testing::LocalApp app({.ingress = ab_router(manta::bind<AbTyped>("a"), manta::bind<AbTyped>("b"), 1)});
  const auto answer = app.post("/", R"(["fail"])");
  EXPECT_EQ(answer.status, 418);
  EXPECT_THAT(answer.body, HasSubstr("a fails"));
}

TEST(ABRouterTest, PassesRawRequestsOn) {
  manta::testing::LocalApp app({.ingress = ab_router(manta::bind<AbRaw>("a"), manta::bind<AbRaw>("b"), 1)});
  const auto answer = app.post("/", "text");
  EXPECT_EQ(answer.status, 201);
  EXPECT_EQ(answer.body, "a POST text");
}

TEST(ABRouterTest, PassesStreamedAnswersOnWithTheirHead) {
  manta::testing::LocalApp app({.ingress = ab_router(manta::bind<AbStreams>("a"), manta::bind<AbStreams>("b"), 0)});
  const auto answer = app.post("/", " text");
  EXPECT_EQ(answer.status, 202);
  EXPECT_EQ(answer.body, "b text");
  EXPECT_THAT(answer.headers, ::testing::Contains(std::pair<std::string, std::string>("x-model", "b")));
}

TEST(ABRouterTest, PassesItemsOn) {
  manta::testing::LocalApp app({.ingress = ab_router(manta::bind<AbItems>(10), manta::bind<AbItems>(20), 1)});
  auto items = app.handle<ABRouter<AbItems>>("ABRouter").stream<&ABRouter<AbItems>::call>(3);
  std::vector<int> got;
  while (const auto item = items.next_blocking()) got.push_back(*item);
  EXPECT_EQ(got, (std::vector<int>{10, 11, 12}));
}

TEST(ABRouterTest, ASplitThatIsNoneIsRefusedWithTheReason) {
  for (const double split : {-0.1, 1.1, std::nan("")}) EXPECT_THROW(ABChoice{split}, Exception);
}

TEST(ABChoiceTest, TheFirstGetsItsShare) {
  ABChoice choice(0.95);
  int first = 0;
  for (int i = 0; i < 10'000; ++i) first += choice.takes_first() ? 1 : 0;
  EXPECT_NEAR(first, 9500, 4 * std::sqrt(10'000 * 0.95 * 0.05));
}

TEST(ABChoiceTest, ASessionStaysAndOnlyThoseThatMustMove) {
  ABChoice few(0.5), many(0.7), same(0.5);
  int moved = 0;
  for (int i = 0; i < 1000; ++i) {
    auto request = std::make_shared<RequestContext>();
    request->session_id = "session " + std::to_string(i);
    const manta::detail::ScopedRequest inside(request);
    const bool first = few.takes_first();
    EXPECT_EQ(same.takes_first(), first);
    const bool now = many.takes_first();
    EXPECT_TRUE(now || !first);
    moved += now != first ? 1 : 0;
  }
  EXPECT_NEAR(moved, 200, 60);
}

}  // namespace
}  // namespace manta::builtin
