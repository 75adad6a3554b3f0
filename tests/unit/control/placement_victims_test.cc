#include "control/placement_victims.h"

#include <gtest/gtest.h>

#include <chrono>

namespace manta::control {
namespace {

class ScaleDownOrderTest : public testing::Test {
 protected:
  // Replicas are named in the order in which they were started.
  void replica(const std::string& id, const std::string& node, ReplicaPhase phase = ReplicaPhase::Running,
               const std::string& deployment = "D") {
    all.push_back({.id = id, .key = {"app", deployment}, .version = "v", .phase = phase, .node_id = node});
    all.back().since = TimePoint(std::chrono::seconds(all.size()));
  }
  std::string order() {
    std::vector<const ReplicaView*> candidates;
    for (const ReplicaView& view : all)
      if (view.key.deployment == "D") candidates.push_back(&view);
    std::string text;
    for (const ReplicaView* view : scale_down_order(candidates, need, nodes, all)) text += view->id + " ";
    return text;
  }

  // Why the first of that order goes and not the second.
  std::string reason() {
    std::vector<const ReplicaView*> candidates;
    for (const ReplicaView& view : all)
      if (view.key.deployment == "D") candidates.push_back(&view);
    const auto ordered = scale_down_order(candidates, need, nodes, all);
    return scale_down_reason(*ordered[0], ordered.size() > 1 ? ordered[1] : nullptr, need, nodes, all);
  }

  std::vector<NodeView> nodes{
      {.node_id = "head", .total = {}, .is_head = true}, {.node_id = "a", .total = {}}, {.node_id = "b", .total = {}}};
  std::vector<ReplicaView> all;
  Resources need;
};

TEST_F(ScaleDownOrderTest, ThoseThatDoNotRunComeFirst) {
  replica("old", "a");
  replica("starting", "a", ReplicaPhase::Starting);
  replica("unheard", "a", ReplicaPhase::Recovering);
  EXPECT_EQ(order(), "starting unheard old ");
  EXPECT_EQ(reason(), "it does not run yet");
}

TEST_F(ScaleDownOrderTest, TheLastOneGoesAsNoneIsKept) {
  replica("only", "a");
  EXPECT_EQ(reason(), "none is kept");
}

TEST_F(ScaleDownOrderTest, TheHeadNodeComesLast) {
  replica("on-head", "head");
  replica("on-a", "a");
  replica("other-on-a", "a", ReplicaPhase::Running, "Other");
  EXPECT_EQ(order(), "on-a on-head ");
  EXPECT_EQ(reason(), "the head node keeps its replicas longest");
}

TEST_F(ScaleDownOrderTest, NodesThatNoLongerMeetTheNeedComeBeforeTheOthers) {
  need.label_selector = {{"zone", "x"}};
  nodes[0].labels = nodes[2].labels = {{"zone", "x"}};
  replica("matches", "b");
  replica("does-not", "a");
  replica("one-more", "a", ReplicaPhase::Running, "Other");
  replica("on-a-lost-node", "gone");
  EXPECT_EQ(order(), "on-a-lost-node does-not matches ");
  all.pop_back();
  EXPECT_EQ(reason(), "its node is gone or no longer meets what the deployment needs");
}

TEST_F(ScaleDownOrderTest, TheHeadNodeKeepsItsReplicasAlsoWhenItNoLongerMeetsTheNeed) {
  need.label_selector = {{"zone", "x"}};
  nodes[1].labels = {{"zone", "x"}};
  replica("on-head", "head");
  replica("on-a", "a");
  EXPECT_EQ(order(), "on-a on-head ");
  EXPECT_EQ(reason(), "the head node keeps its replicas longest");
}

TEST_F(ScaleDownOrderTest, TheNodeWithTheFewestReplicasOfAnybodyIsEmptiedFirst) {
  replica("a1", "a");
  replica("b1", "b");
  replica("b2", "b");
  replica("x", "a", ReplicaPhase::Running, "Other");
  replica("y", "a", ReplicaPhase::Running, "Other");
  EXPECT_EQ(order(), "b2 b1 a1 ");
}

TEST_F(ScaleDownOrderTest, ItIsToldThatANodeCanBeGivenBack) {
  replica("a1", "a");
  replica("b1", "b");
  replica("x", "a", ReplicaPhase::Running, "Other");
  EXPECT_EQ(order(), "b1 a1 ");
  EXPECT_EQ(reason(), "no other node runs fewer replicas (1): it can be given back");
}

TEST_F(ScaleDownOrderTest, TheNewestOfANodeComesFirst) {
  replica("first", "a");
  replica("second", "a");
  replica("third", "a");
  EXPECT_EQ(order(), "third second first ");
  EXPECT_EQ(reason(), "it is the newest");
}

TEST_F(ScaleDownOrderTest, OfANodeTheHighestRankComesFirstSoThatRanksStayWithoutGaps) {
  replica("rank-1", "a");
  replica("rank-2", "a");
  replica("rank-0", "a");  // took the place of one that died
  all[0].rank = 1;
  all[1].rank = 2;
  EXPECT_EQ(order(), "rank-2 rank-1 rank-0 ");
  EXPECT_EQ(reason(), "it has the highest rank on its node (2)");
}

}  // namespace
}  // namespace manta::control
