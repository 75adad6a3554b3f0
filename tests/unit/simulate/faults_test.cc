#include "simulate/faults.h"

#include <gtest/gtest.h>

namespace manta::simulate {
namespace {

TEST(FaultsTest, ReadsTimesAndShares) {
  const auto faults = parse_faults("crash=10m,slow=90s,slow-factor=3,late=1%,start=0.2,restart=1h");
  ASSERT_TRUE(faults);
  EXPECT_EQ(
      *faults,
      (FaultOptions{
          .crash_s = 600, .slow_s = 90, .slow_factor = 3, .restart_s = 3600, .start_share = 0.2, .late_share = 0.01}));
  EXPECT_TRUE(faults->any());
  EXPECT_FALSE(FaultOptions{}.any());
}

TEST(FaultsTest, NamesTheNearestFault) {
  EXPECT_EQ(parse_faults("crahs=1s").error().message, "there is no fault 'crahs'; did you mean 'crash'?");
  EXPECT_FALSE(parse_faults("late=150%"));
  EXPECT_FALSE(parse_faults("crash"));
}

}  // namespace
}  // namespace manta::simulate
