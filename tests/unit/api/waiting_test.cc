#include <manta/waiting.h>

#include <gtest/gtest.h>

#include <atomic>
#include <map>

#include "deployments.h"

namespace manta {
namespace {

using manta::testing::LocalApp;
using std::chrono::hours;
using std::chrono::milliseconds;

// Coroutine methods, so that any number may be held at once.
class Awaited {
 public:
  Task<int> give(int x) { co_return x; }
  Task<int> fail(int x) {
    throw Exception({ErrorCode::AppError, "failure " + std::to_string(x)});
    co_return x;
  }
  Task<int> never(int) {
    const Cancelled count;
    auto asleep = sleep(hours(1));
    co_await asleep;
    co_return 0;
  }
  Task<void> note() { co_return; }
  using methods = Methods<&Awaited::give, &Awaited::fail, &Awaited::never, &Awaited::note>;

  static inline std::atomic<int> cancelled = 0;

 private:
  struct Cancelled {
    ~Cancelled() { ++cancelled; }
  };
};

class Waits {
 public:
  explicit Waits(Handle<Awaited> worker) : worker_(std::move(worker)) {}
  Task<int> first_of_three() {
    auto racing =
        race(worker_.call<&Awaited::never>(0), worker_.call<&Awaited::fail>(1), worker_.call<&Awaited::give>(2));
    co_return co_await racing;
  }
  Task<int> all_fail() {
    auto racing = race(worker_.call<&Awaited::fail>(1), worker_.call<&Awaited::fail>(2));
    co_return co_await racing;
  }
  Task<int> hedged() {
    int calls = 0;
    auto hedging = hedge(milliseconds(1), [&] {
      return ++calls == 1 ? worker_.call<&Awaited::never>(0) : worker_.call<&Awaited::give>(7);
    });
    co_return co_await hedging;
  }
  Task<int> hedge_in_time() {
    int calls = 0;
    auto hedging = hedge(hours(1), [&] {
      ++calls;
      return worker_.call<&Awaited::give>(7);
    });
    const int value = co_await hedging;
    co_return value * 10 + calls;
  }
  Task<int> gathered() {
    auto gathering = gather(worker_.call<&Awaited::note>(), worker_.call<&Awaited::give>(5));
    const auto [nothing, five] = co_await gathering;
    std::vector<Response<void>> notes;
    notes.push_back(worker_.call<&Awaited::note>());
    auto all = gather(std::move(notes));
    co_await all;
    co_return five;
  }
  using methods =
      Methods<&Waits::first_of_three, &Waits::all_fail, &Waits::hedged, &Waits::hedge_in_time, &Waits::gathered>;

 private:
  Handle<Awaited> worker_;
};

class WaitingTest : public ::testing::Test {
 protected:
  void SetUp() override { Awaited::cancelled = 0; }
  LocalApp app{{.ingress = bind<Waits>(bind<Awaited>().with({.max_ongoing_requests = 100}))}};
  Handle<Waits> waits = app.handle<Waits>();
};

TEST_F(WaitingTest, ARaceIsWonByTheFirstAnswerAndTheOthersAreCancelled) {
  EXPECT_EQ(waits.call<&Waits::first_of_three>().get(), 2);
  while (Awaited::cancelled == 0) std::this_thread::yield();
}

TEST_F(WaitingTest, ARaceWithoutAnAnswerThrowsTheLastFailure) {
  EXPECT_THROW(waits.call<&Waits::all_fail>().get(), Exception);
}

TEST_F(WaitingTest, AHedgeCallsASecondTimeOnlyWhenTheFirstIsLate) {
  EXPECT_EQ(waits.call<&Waits::hedged>().get(), 7);
  EXPECT_EQ(waits.call<&Waits::hedge_in_time>().get(), 71);
}

TEST_F(WaitingTest, AGatherTakesResponsesOfNothingToo) { EXPECT_EQ(waits.call<&Waits::gathered>().get(), 5); }

}  // namespace
}  // namespace manta
