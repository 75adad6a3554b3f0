#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "deployments.h"

namespace manta {
namespace {

class Summing {
 public:
  Task<int> sum(Reader<int> in) {
    int total = 0;
    while (auto item = co_await in.next()) total += *item;
    co_return total;
  }
  Task<int> first(int skip, Reader<int> in) {
    for (; skip > 0; --skip) co_await in.next();
    co_return (co_await in.next()).value_or(-1);
  }
  Task<void> scaled(int by, Reader<int> in, Writer<int> out) {
    while (auto item = co_await in.next()) co_await out.write(*item * by);
  }
  using methods = Methods<&Summing::sum, &Summing::first, &Summing::scaled>;
};

class PlainSumming {
 public:
  int sum(Reader<int> in) {
    int total = 0;
    while (auto item = in.next_blocking()) total += *item;
    return total;
  }
  void scaled(Reader<int> in, Writer<int> out) {
    while (auto item = in.next_blocking()) out.write_blocking(*item * 2);
  }
  using methods = Methods<&PlainSumming::sum, &PlainSumming::scaled>;
};

class Chain {
 public:
  Chain(Handle<Summing> next, Handle<PlainSumming>) : next_(std::move(next)) {}
  Task<void> passed_on(Reader<int> in, Writer<int> out) {
    auto scaled = next_.stream<&Summing::scaled>(10, std::move(in));
    while (auto item = co_await scaled.next()) co_await out.write(*item);
  }
  Task<int> fed(int count) {
    auto [feed, source] = make_stream<int>();
    auto total = next_.call<&Summing::sum>(std::move(source));
    for (int i = 1; i <= count; ++i) co_await feed.write(i);
    feed.close();
    co_return co_await total;
  }
  using methods = Methods<&Chain::passed_on, &Chain::fed>;

 private:
  Handle<Summing> next_;
};

class StreamInputTest : public ::testing::Test {
 protected:
  Handle<Summing> summing() { return app.handle<Summing>(); }
  testing::LocalApp app{{.ingress = bind<Chain>(bind<Summing>(), bind<PlainSumming>())}};
};

Error error_in(const std::function<void()>& action) {
  try {
    action();
  } catch (const Exception& exception) {
    return exception.error();
  }
  return {.code = ErrorCode::Internal, .message = "nothing was thrown"};
}

TEST_F(StreamInputTest, ARangeAGeneratorAndATaskAreSources) {
  EXPECT_EQ(summing().call<&Summing::sum>(std::vector<int>{1, 2, 3}).get(), 6);
  EXPECT_EQ(summing().call<&Summing::sum>(std::vector<int>{}).get(), 0);
  auto to_ten = [i = 0]() mutable { return i < 10 ? std::optional<int>(++i) : std::nullopt; };
  EXPECT_EQ(summing().call<&Summing::sum>(to_ten).get(), 55);
  struct Later {
    int left = 3;
    Task<std::optional<int>> operator()() {
      if (left == 0) co_return std::nullopt;
      co_return left--;
    }
  };
  EXPECT_EQ(summing().call<&Summing::sum>(Later{}).get(), 6);
  EXPECT_EQ(app.handle("Summing").call<int>("sum", Source<int>(std::vector<int>{4, 5})).get(), 9);
}

TEST_F(StreamInputTest, ItemsGoBothWaysAndThroughAnotherDeployment) {
  auto scaled = app.handle<Chain>().stream<&Chain::passed_on>(std::vector<int>{1, 2, 3});
  for (const int expected : {10, 20, 30}) EXPECT_EQ(scaled.next_blocking(), expected);
  EXPECT_EQ(scaled.next_blocking(), std::nullopt);
}

TEST_F(StreamInputTest, PlainMethodsReadOnTheirThread) {
  const auto plain = app.handle<PlainSumming>();
  EXPECT_EQ(plain.call<&PlainSumming::sum>(std::vector<int>(1000, 2)).get(), 2000);
  auto scaled = plain.stream<&PlainSumming::scaled>(std::vector<int>{4});
  EXPECT_EQ(scaled.next_blocking(), 8);
}

TEST_F(StreamInputTest, AFeedWritesFromAThreadOrFromACoroutine) {
  auto [feed, source] = make_stream<int>();
  auto total = summing().call<&Summing::sum>(std::move(source));
  for (int i = 0; i < 500; ++i) feed.write_blocking(i);
  feed.close();
  EXPECT_EQ(total.get(), 124750);
  EXPECT_EQ(app.handle<Chain>().call<&Chain::fed>(300).get(), 45150);
}

TEST_F(StreamInputTest, AnErrorOfTheSourceIsThrownInTheMethod) {
  auto broken = []() -> std::optional<int> { throw HttpError(418, "no more"); };
  EXPECT_EQ(error_in([&] { summing().call<&Summing::sum>(broken).get(); }).message, "no more");
  auto [feed, source] = make_stream<int>();
  auto total = summing().call<&Summing::sum>(std::move(source));
  feed.write_blocking(1);
  feed.fail({ErrorCode::Overloaded, "too fast"});
  EXPECT_EQ(error_in([&] { total.get(); }).code, ErrorCode::Overloaded);
}

TEST_F(StreamInputTest, AFeedThatIsDroppedCancelsTheStream) {
  auto [feed, source] = make_stream<int>();
  auto total = summing().call<&Summing::sum>(std::move(source));
  {
    const Feed<int> dropped = std::move(feed);
  }
  EXPECT_EQ(error_in([&] { total.get(); }).code, ErrorCode::Cancelled);
}

TEST_F(StreamInputTest, AMethodThatReadsNoFurtherEndsItsSource) {
  const auto taken = std::make_shared<std::atomic<int>>(0);
  auto endless = [taken]() -> std::optional<int> { return ++*taken; };
  EXPECT_EQ(summing().call<&Summing::first>(2, endless).get(), 3);
  auto [feed, source] = make_stream<int>();
  auto one = summing().call<&Summing::first>(0, std::move(source));
  feed.write_blocking(7);
  EXPECT_EQ(one.get(), 7);
  EXPECT_EQ(error_in([&] {
              for (;;) feed.write_blocking(1);
            }).code,
            ErrorCode::Cancelled);
}

TEST_F(StreamInputTest, ASourceIsReadOnlyALittleAheadOfTheMethod) {
  const auto taken = std::make_shared<std::atomic<int>>(0);
  auto endless = [taken]() -> std::optional<int> { return ++*taken; };
  auto scaled = summing().stream<&Summing::scaled>(1, endless);
  EXPECT_EQ(scaled.next_blocking(), 1);
  for (int before = -1; before != *taken; std::this_thread::yield()) before = *taken;
  EXPECT_LT(*taken, 2000);
}

TEST_F(StreamInputTest, OverHttpEachLineOfTheBodyIsAnItem) {
  const HttpResponse answer = app.post("/passed_on", "1\n\n2\r\n3");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, "10\n20\n30\n");
  const HttpResponse wrong = app.post("/passed_on", "1\ntwo\n");
  EXPECT_EQ(wrong.status, 400) << wrong.body;
}

class HttpSumming {
 public:
  Task<int> from(int start, Reader<int> in) {
    while (auto item = co_await in.next()) start += *item;
    co_return start;
  }
  using methods = Methods<&HttpSumming::from>;
};

TEST(StreamInputHttpTest, TheFirstLineIsTheArgumentsOfAMethodThatHasSome) {
  testing::LocalApp app({.ingress = bind<HttpSumming>()});
  EXPECT_EQ(app.post("/from", "[100]\n1\n2\n").body, "103");
  EXPECT_EQ(app.post("/from", "[100]").body, "100");
}

}  // namespace
}  // namespace manta
