#include "replica/method_gates.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace manta::replica {
namespace {

class MethodGatesTest : public ::testing::Test {
 protected:
  MethodGates::Pass enter(const std::string& method, int limit, const std::string& name) {
    return gates.enter(method, limit, [this, name] { ran.push_back(name); });
  }

  VirtualClock clock;
  Loop loop{clock};
  MethodGates gates{loop};
  std::vector<std::string> ran;
};

using Names = std::vector<std::string>;

TEST_F(MethodGatesTest, AtMostSoManyRunAndTheOthersFollowInOrder) {
  const auto a = enter("m", 2, "a");
  enter("m", 2, "b");
  enter("m", 2, "c");
  enter("m", 2, "d");
  EXPECT_EQ(ran, (Names{"a", "b"}));
  EXPECT_EQ(gates.waiting(), 2u);
  gates.leave(a);
  EXPECT_EQ(ran, (Names{"a", "b"})) << "from the loop, never inside leave()";
  loop.poll();
  EXPECT_EQ(ran, (Names{"a", "b", "c"}));
  EXPECT_EQ(gates.waiting(), 1u);
}

TEST_F(MethodGatesTest, OneThatComesBetweenAnEndAndTheNextTurnDoesNotOvertake) {
  const auto a = enter("m", 1, "a");
  enter("m", 1, "b");
  gates.leave(a);
  enter("m", 1, "c");
  loop.poll();
  EXPECT_EQ(ran, (Names{"a", "b"}));
}

TEST_F(MethodGatesTest, OneThatGivesUpWhileItWaitsNeverRuns) {
  const auto a = enter("m", 1, "a");
  const auto b = enter("m", 1, "b");
  enter("m", 1, "c");
  gates.leave(b);
  gates.leave(a);
  loop.poll();
  EXPECT_EQ(ran, (Names{"a", "c"}));
}

TEST_F(MethodGatesTest, MethodsDoNotWaitForEachOther) {
  enter("m", 1, "a");
  enter("n", 1, "b");
  EXPECT_EQ(ran, (Names{"a", "b"}));
}

TEST_F(MethodGatesTest, LeavingTwiceCountsOnce) {
  const auto a = enter("m", 1, "a");
  enter("m", 1, "b");
  gates.leave(a);
  gates.leave(a);
  loop.poll();
  enter("m", 1, "c");
  EXPECT_EQ(ran, (Names{"a", "b"}));
}

}  // namespace
}  // namespace manta::replica
