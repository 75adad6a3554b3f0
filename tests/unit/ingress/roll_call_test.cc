#include "ingress/roll_call.h"

#include <gtest/gtest.h>

#include "base/task_scope.h"

namespace manta::ingress {
namespace {

Task<void> note(const RollCall* roll_call, Loop* home, bool* answered) {
  auto all = roll_call->all_answered(home);
  co_await all;
  *answered = true;
}

class RollCallTest : public ::testing::Test {
 protected:
  RollCallTest() {
    for (Loop* loop : {&home_, &second_, &third_}) roll_call_.add(*loop);
  }

  VirtualClock clock_;
  Loop home_{clock_}, second_{clock_}, third_{clock_};
  RollCall roll_call_;
  TaskScope tasks_{home_};
  bool answered_ = false;
};

TEST_F(RollCallTest, IsOverWhenTheLastLoopHasAnswered) {
  tasks_.spawn(note(&roll_call_, &home_, &answered_));
  home_.poll();
  second_.poll();
  home_.poll();
  EXPECT_FALSE(answered_) << "one of them hangs";
  third_.poll();
  EXPECT_FALSE(answered_);
  home_.poll();
  EXPECT_TRUE(answered_);
}

TEST_F(RollCallTest, MayBeGivenUp) {
  const auto id = tasks_.spawn(note(&roll_call_, &home_, &answered_));
  tasks_.cancel(id);
  second_.poll();
  third_.poll();
  home_.poll();
  EXPECT_FALSE(answered_);
}

}  // namespace
}  // namespace manta::ingress
