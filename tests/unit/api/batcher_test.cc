#include <limits>

#include <gtest/gtest.h>

#include "deployments.h"

namespace manta {
namespace {

using manta::testing::LocalApp;

// Sums batches; the first batch waits until the test opens the gate.
class Adder {
 public:
  explicit Adder(double max_cost)
      : batcher_(
            {.max_batch_size = 4, .batch_wait_timeout_s = 0.001, .max_cost = max_cost},
            [](std::vector<int> items) {
              sizes_seen.push_back(static_cast<int>(items.size()));
              started.arrive();
              open.wait_for(1);
              if (items.front() < 0) throw std::runtime_error("negative");
              if (items.front() == 99) items.pop_back();
              return items;
            },
            [](const int& item) { return static_cast<double>(item); }, "adder") {}
  Task<int> add(int x) { co_return co_await batcher_.submit(x); }
  Task<int> ping() { co_return 0; }
  using methods = Methods<&Adder::add, &Adder::ping>;

  static inline Meeting started, open;
  static inline std::vector<int> sizes_seen;  // by the one compute thread

 private:
  Batcher<int, int> batcher_;
};

TEST(BatcherTest, ItemsThatWaitRunTogetherAndErrorsReachTheirCallers) {
  LocalApp app({.ingress = bind<Adder>(1e9).with({.max_ongoing_requests = 100})});
  const auto handle = app.handle<Adder>();
  auto first = handle.call<&Adder::add>(1);
  ASSERT_TRUE(Adder::started.wait_for(1));
  std::vector<Response<int>> rest;
  for (int i = 2; i < 8; ++i) rest.push_back(handle.call<&Adder::add>(i));
  auto dropped = std::make_unique<Response<int>>(handle.call<&Adder::add>(50));
  auto last = handle.call<&Adder::add>(8);
  EXPECT_EQ(handle.call<&Adder::ping>().get(), 0);  // the strand has all of the above once it has answered this
  dropped.reset();
  EXPECT_EQ(handle.call<&Adder::ping>().get(), 0);
  Adder::open.arrive();
  EXPECT_EQ(first.get(), 1);
  for (int i = 2; i < 8; ++i) EXPECT_EQ(rest[static_cast<std::size_t>(i - 2)].get(), i);
  EXPECT_EQ(last.get(), 8);
  EXPECT_EQ(Adder::sizes_seen.front(), 1);
  EXPECT_EQ(Adder::sizes_seen.at(1), 4);
  EXPECT_EQ(Adder::sizes_seen.at(2), 3);  // 6, 7 and 8: the dropped one has left

  auto bad = handle.call<&Adder::add>(-1);
  EXPECT_THROW(bad.get(), Exception);
  auto short_batch = handle.call<&Adder::add>(99);
  try {
    short_batch.get();
    FAIL();
  } catch (const Exception& exception) {
    EXPECT_EQ(exception.code(), ErrorCode::AppError);
    EXPECT_NE(std::string(exception.what()).find("got 1 items and returned 0"), std::string::npos) << exception.what();
  }
}

// Counts its batches in a state of the function's own.
class BatchCounter {
 public:
  Task<int> count() { co_return co_await batcher_.submit(0); }
  using methods = Methods<&BatchCounter::count>;

 private:
  Batcher<int, int> batcher_{{.max_batch_size = 1}, [batches = 0](std::vector<int> items) mutable {
                               ++batches;
                               return std::vector<int>(items.size(), batches);
                             }};
};

TEST(BatcherTest, TheFunctionKeepsItsStateFromBatchToBatch) {
  LocalApp app({.ingress = bind<BatchCounter>()});
  const auto handle = app.handle<BatchCounter>();
  EXPECT_EQ(handle.call<&BatchCounter::count>().get(), 1);
  EXPECT_EQ(handle.call<&BatchCounter::count>().get(), 2);
}

TEST(BatcherTest, OutsideAReplicaAnItemRunsAtOnce) {
  Batcher<int, int> batcher({.max_batch_size = 4}, [](std::vector<int> items) { return items; });
  auto task = batcher.submit(7);
  task.start();
  ASSERT_TRUE(task.done());
  EXPECT_EQ(task.take(), 7);
}

class Unlimited {
 public:
  Task<int> echo(int x) { co_return co_await batcher_.submit(x); }
  using methods = Methods<&Unlimited::echo>;

 private:
  Batcher<int, int> batcher_{{.max_batch_size = std::numeric_limits<std::size_t>::max()},
                             [](std::vector<int> items) { return items; }};
};

TEST(BatcherTest, ABatchMayBeOfAnySize) {
  LocalApp app({.ingress = bind<Unlimited>()});
  EXPECT_EQ(app.handle<Unlimited>().call<&Unlimited::echo>(7).get(), 7);
}

TEST(BatcherTest, LimitsAreSetLive) {
  Batcher<int, int> batcher({}, [](std::vector<int> items) { return items; });
  batcher.set_max_batch_size(32);
  batcher.set_batch_wait_timeout_s(0.1);
  EXPECT_EQ(batcher.limits().max_batch_size, 32u);
  EXPECT_EQ(batcher.limits().batch_wait_timeout_s, 0.1);
}

}  // namespace
}  // namespace manta
