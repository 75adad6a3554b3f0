#include "runtime/ray/gang.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace manta::runtime {
namespace {

using ::testing::ElementsAre;

spec::Bundle on(const std::string& node, double cpus) { return {.node_id = node, .resources = {.num_cpus = cpus}}; }

TEST(GangTest, IsCompleteWithTheLastMember) {
  Gang gang("gang/g", 2);
  ASSERT_TRUE(gang.add("a", {on("n1", 1)}));
  ASSERT_TRUE(gang.add("a", {on("n1", 1)})) << "a repeated start changes nothing";
  EXPECT_EQ(gang.state(), Gang::State::Gathering);
  EXPECT_EQ(gang.missing(), "1 of 2 members have come");
  ASSERT_TRUE(gang.add("b", {on("n2", 1)}));
  EXPECT_EQ(gang.state(), Gang::State::Complete);
}

TEST(GangTest, EachMemberRunsInTheFirstBundleItBrought) {
  Gang gang("gang/g", 2);
  ASSERT_TRUE(gang.add("a", {on("n1", 1), on("n2", 2)}));
  ASSERT_TRUE(gang.add("b", {on("n3", 3)}));
  EXPECT_EQ(gang.place_of("a"), (BridgeGroupPlace{"gang/g", 0}));
  EXPECT_EQ(gang.place_of("b"), (BridgeGroupPlace{"gang/g", 2}));
  EXPECT_THAT(gang.group().bundle_node_ids, ElementsAre("n1", "n2", "n3"));
  EXPECT_THAT(gang.group().bundles, ElementsAre(Amounts{{"CPU", 1}}, Amounts{{"CPU", 2}}, Amounts{{"CPU", 3}}));
}

TEST(GangTest, OneTooManyIsRefused) {
  Gang gang("gang/g", 1);
  ASSERT_TRUE(gang.add("a", {on("n1", 1)}));
  EXPECT_FALSE(gang.add("b", {on("n1", 1)}));
}

TEST(GangTest, FailsAsAWholeWhenAMemberIsWithdrawn) {
  Gang gang("gang/g", 2);
  ASSERT_TRUE(gang.add("a", {on("n1", 1)}));
  gang.withdraw("stranger");
  EXPECT_EQ(gang.state(), Gang::State::Gathering);
  gang.withdraw("a");
  EXPECT_EQ(gang.state(), Gang::State::Failed);
  EXPECT_EQ(gang.why().code, ErrorCode::Cancelled);
  EXPECT_FALSE(gang.add("b", {on("n1", 1)}));
}

TEST(GangTest, OnceReservedItOutlivesAMember) {
  Gang gang("gang/g", 1);
  ASSERT_TRUE(gang.add("a", {on("n1", 1)}));
  gang.reserved();
  gang.withdraw("a");
  EXPECT_EQ(gang.state(), Gang::State::Reserved);
}

TEST(GangTest, GroupsOfOursAreKnownByTheirNames) {
  EXPECT_TRUE(is_group_name(group_name("r", "")));
  EXPECT_TRUE(is_group_name(group_name("r", "g.1")));
  EXPECT_FALSE(is_group_name("somebody's"));
}

}  // namespace
}  // namespace manta::runtime
