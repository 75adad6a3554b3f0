#include <optional>

#include <gtest/gtest.h>

#include "deployments.h"

namespace manta {
namespace {

using manta::testing::LocalApp;

// Streams 0 to x - 1 for each item of a batch, one of each in turn; between two rounds the test may stop it.
class Counter {
 public:
  Counter() : batcher_({.max_batch_size = 2, .batch_wait_timeout_s = 30}, generate, nullptr, "counter") {}
  Task<void> count(int to, Writer<int> out) { co_await batcher_.submit(to, out); }
  Task<int> sum(int to) {
    auto stream = batcher_.open(to);
    int sum = 0;
    while (auto out = co_await stream.next()) sum += *out;
    co_return sum;
  }
  Task<int> ping() { co_return 0; }
  using methods = Methods<&Counter::count, &Counter::sum, &Counter::ping>;

  static inline std::unique_ptr<Meeting> first_round, go_on;
  static inline std::atomic<int> written_to_nobody = 0;

 private:
  static void generate(std::vector<int> items, BatchStreams<int, int>& out) {
    for (int round = 0; out.any_wanted(); ++round) {
      for (std::size_t i = 0; i < items.size(); ++i) {
        if (!out.wanted(i)) continue;
        if (items[i] < 0) out.fail(i, {.code = ErrorCode::InvalidArgument, .message = "negative"});
        if (round < items[i])
          out.write(i, round);
        else
          out.end(i);
      }
      if (round == 0 && first_round) {
        first_round->arrive();
        go_on->wait_for(1);
        for (std::size_t i = 0; i < items.size(); ++i) written_to_nobody += out.wanted(i) ? 0 : 1;
      }
    }
    if (items.front() == 7) throw std::runtime_error("after the end");
  }
  StreamBatcher<int, int> batcher_;
};

class StreamBatcherTest : public ::testing::Test {
 protected:
  StreamBatcherTest() {
    Counter::first_round.reset();
    Counter::go_on.reset();
    Counter::written_to_nobody = 0;
  }
  LocalApp app{{.ingress = bind<Counter>()}};
  Handle<Counter> handle = app.handle<Counter>();
};

template <class T>
std::vector<T> all_of(Reader<T> reader) {
  std::vector<T> all;
  while (auto one = reader.next_blocking()) all.push_back(*one);
  return all;
}

TEST_F(StreamBatcherTest, EachItemGetsItsOwnStreamAndItsOwnEnd) {
  auto two = handle.stream<&Counter::count>(2);
  auto five = handle.stream<&Counter::count>(5);
  EXPECT_EQ(all_of(std::move(two)), (std::vector{0, 1}));
  EXPECT_EQ(all_of(std::move(five)), (std::vector{0, 1, 2, 3, 4}));
}

TEST_F(StreamBatcherTest, AReaderInCodeGetsThemToo) {
  auto four = handle.call<&Counter::sum>(4);
  auto hundreds = handle.call<&Counter::sum>(500);  // more than may be on the way at once
  EXPECT_EQ(four.get(), 6);
  EXPECT_EQ(hundreds.get(), 124750);
}

TEST_F(StreamBatcherTest, AnItemThatIsCancelledGetsNoMoreTheOthersGoOn) {
  Counter::first_round = std::make_unique<Meeting>();
  Counter::go_on = std::make_unique<Meeting>();
  auto dropped = std::make_unique<Reader<int>>(handle.stream<&Counter::count>(1000));
  auto kept = handle.stream<&Counter::count>(3);
  ASSERT_TRUE(Counter::first_round->wait_for(1));
  dropped.reset();
  EXPECT_EQ(handle.call<&Counter::ping>().get(), 0);  // the strand has seen it go,
  EXPECT_EQ(handle.call<&Counter::ping>().get(), 0);  // and has destroyed it
  Counter::go_on->arrive();
  EXPECT_EQ(all_of(std::move(kept)), (std::vector{0, 1, 2}));
  EXPECT_EQ(Counter::written_to_nobody, 1);
}

TEST_F(StreamBatcherTest, ItemsFailOneByOne) {
  auto bad = handle.stream<&Counter::count>(-1);
  auto good = handle.stream<&Counter::count>(2);
  EXPECT_EQ(all_of(std::move(good)), (std::vector{0, 1}));
  try {
    all_of(std::move(bad));
    FAIL();
  } catch (const Exception& exception) {
    EXPECT_EQ(exception.code(), ErrorCode::InvalidArgument) << exception.what();
  }
}

TEST_F(StreamBatcherTest, WhatIsThrownAfterAStreamEndedIsNotItsError) {
  auto seven = handle.stream<&Counter::count>(7);
  auto two = handle.stream<&Counter::count>(2);
  EXPECT_EQ(all_of(std::move(two)).size(), 2u);
  EXPECT_EQ(all_of(std::move(seven)).size(), 7u);
}

TEST(StreamBatcherTestAlone, OutsideAReplicaAnItemRunsAtOnce) {
  StreamBatcher<int, int> batcher({}, [](std::vector<int> items, BatchStreams<int, int>& out) {
    for (int i = 0; i < items[0]; ++i) out.write(0, i);
  });
  auto stream = batcher.open(200);
  int seen = 0;
  for (;;) {
    auto next = stream.next();
    next.start();
    ASSERT_TRUE(next.done());
    if (!next.take()) break;
    ++seen;
  }
  EXPECT_EQ(seen, 200);
}

// Waits for a company of eight, which needs eight places.
class Crowd {
 public:
  Task<int> join(int x) { co_return co_await batcher_.submit(x); }
  using methods = Methods<&Crowd::join>;

 private:
  Batcher<int, int> batcher_{
      {.max_batch_size = 8, .batch_wait_timeout_s = 60},
      [](std::vector<int> items) { return std::vector<int>(items.size(), static_cast<int>(items.size())); },
      nullptr,
      "crowd"};
};

TEST(BatchPlacesTest, ALimitThatNobodyGaveFollowsTheBatches) {
  LocalApp app({.ingress = bind<Crowd>()});
  std::vector<Response<int>> calls;
  for (int i = 0; i < 8; ++i) calls.push_back(app.handle<Crowd>().call<&Crowd::join>(i));
  for (auto& call : calls) EXPECT_EQ(call.get(), 8);
}

TEST(BatchPlacesTest, TheConfigurationReachesTheBatcherByItsName) {
  LocalApp app({.ingress = bind<Crowd>().with({.batching = {{"crowd", {.max_batch_size = 3}}}})});
  std::vector<Response<int>> calls;
  for (int i = 0; i < 3; ++i) calls.push_back(app.handle<Crowd>().call<&Crowd::join>(i));
  for (auto& call : calls) EXPECT_EQ(call.get(), 3);
}

TEST(BatchPlacesTest, ABatcherThatThereIsNotKeepsTheReplicaFromStarting) {
  try {
    LocalApp app({.ingress = bind<Crowd>().with({.batching = {{"crwd", {.max_batch_size = 3}}}})});
    FAIL();
  } catch (const Exception& exception) {
    EXPECT_NE(std::string(exception.what()).find("did you mean 'crowd'"), std::string::npos) << exception.what();
  }
}

}  // namespace
}  // namespace manta
