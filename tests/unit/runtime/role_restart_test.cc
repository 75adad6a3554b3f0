#include <gtest/gtest.h>

#include "runtime/local/agent.h"

namespace manta::runtime {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(RoleRestartTest, TheFirstIsImmediateThenItBacksOff) {
  EXPECT_EQ(role_restart_delay(1), Duration::zero());
  EXPECT_EQ(role_restart_delay(2), milliseconds(100));
  EXPECT_EQ(role_restart_delay(3), milliseconds(200));
  EXPECT_EQ(role_restart_delay(30), seconds(5));
}

}  // namespace
}  // namespace manta::runtime
