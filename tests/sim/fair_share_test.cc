#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "world.h"

namespace manta::sim {
namespace {

using std::chrono::milliseconds;

// Each call takes 10 ms on one replica with one place; every caller has more to do all the time.
std::vector<int> served_in(Duration time, const std::vector<int>& waiting_per_caller) {
  World world({.callers = static_cast<int>(waiting_per_caller.size()), .replicas = 1, .max_ongoing = 1}, 7);
  world.poll();
  for (std::size_t caller = 0; caller < waiting_per_caller.size(); ++caller)
    for (int i = 0; i < waiting_per_caller[caller]; ++i)
      world.call(static_cast<int>(caller), "once", milliseconds(10), {});
  world.advance(time);
  std::vector<int> served = world.answered_by_caller();
  EXPECT_TRUE(world.settle());
  EXPECT_EQ(world.faults(), "");
  return served;
}

TEST(FairShareTest, ThreeCallersGetEqualSharesOfOnePlaceAndLeaveItNeverIdle) {
  const auto served = served_in(milliseconds(900), {100, 100, 100});
  EXPECT_EQ(served[0] + served[1] + served[2], 90);
  const auto [least, most] = std::ranges::minmax(served);
  EXPECT_LE(most - least, 1);
}

TEST(FairShareTest, ACallerWithLittleToDoIsNotHeldUpByOneWithALot) {
  const auto served = served_in(milliseconds(100), {200, 4, 1});
  EXPECT_EQ(served[0] + served[1] + served[2], 10);
  EXPECT_EQ(served[1], 4);
  EXPECT_EQ(served[2], 1);
}

TEST(FairShareTest, OneCallerAloneKeepsTheReplicaBusy) { EXPECT_EQ(served_in(milliseconds(500), {100})[0], 50); }

}  // namespace
}  // namespace manta::sim
