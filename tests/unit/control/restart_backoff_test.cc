#include "control/restart_backoff.h"

#include <gtest/gtest.h>

namespace manta::control {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(RestartBackoffTest, TheFirstRestartIsImmediate) { EXPECT_EQ(restart_delay(1), Duration::zero()); }

TEST(RestartBackoffTest, DoublesUpToAMinute) {
  EXPECT_EQ(restart_delay(2), milliseconds(250));
  EXPECT_EQ(restart_delay(3), milliseconds(500));
  EXPECT_EQ(restart_delay(4), seconds(1));
  EXPECT_EQ(restart_delay(50), seconds(60));
}

TEST(RestartBackoffTest, TheLimitGrowsWithTheTargetUpToTheRetryCount) {
  EXPECT_EQ(start_failure_limit(20, 1), 3);
  EXPECT_EQ(start_failure_limit(20, 4), 12);
  EXPECT_EQ(start_failure_limit(20, 10), 20);
  EXPECT_EQ(start_failure_limit(0, 1), 1);
}

}  // namespace
}  // namespace manta::control
