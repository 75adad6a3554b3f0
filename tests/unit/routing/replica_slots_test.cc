#include "routing/replica_slots.h"

#include <gtest/gtest.h>

#include <vector>

#include "routing/policies/power_of_two.h"

namespace manta::routing {
namespace {

class ReplicaSlotsTest : public testing::Test {
 protected:
  std::shared_ptr<ReplicaSlot> add(int max_ongoing, bool connected = true) {
    auto slot = std::make_shared<ReplicaSlot>();
    slot->key = ++last_key;
    slot->address.max_ongoing_requests = max_ongoing;
    slots.add(slot);
    slots.set_connected(*slot, connected);
    return slot;
  }
  std::shared_ptr<ReplicaSlot> pick(std::size_t queued = 1, std::vector<ReplicaKey> avoid = {}) {
    return slots.pick(policy, {.now = now}, avoid, queued, rng);
  }

  TimePoint now{std::chrono::hours(1)};
  ReplicaKey last_key = 0;
  ReplicaSlots slots;
  Policy policy = power_of_two;
  Rng rng{1};
};

TEST_F(ReplicaSlotsTest, GivesNoMoreThanMaxOngoingRequests) {
  const auto slot = add(2);
  for (int i = 0; i < 2; ++i) {
    ASSERT_EQ(pick(), slot);
    slots.take(*slot, 0);
  }
  EXPECT_EQ(pick(), nullptr);
  slots.release(*slot);
  EXPECT_EQ(pick(), slot);
}

TEST_F(ReplicaSlotsTest, LeavesOutReplicasThatAreNotConnectedOrDraining) {
  const auto down = add(5, false);
  const auto draining = add(5);
  slots.set_draining(*draining);
  EXPECT_EQ(pick(), nullptr);
  EXPECT_EQ(slots.usable(), 0u);
  slots.set_connected(*down, true);
  EXPECT_EQ(pick(), down);
}

TEST_F(ReplicaSlotsTest, SendsOnlyWithAGrantAfterARefusal) {
  const auto slot = add(5);
  slots.refused(*slot, now);
  EXPECT_EQ(pick(), nullptr);
  slots.granted(*slot, 1, now + std::chrono::milliseconds(10));
  ASSERT_EQ(pick(), slot);
  EXPECT_EQ(slots.take(*slot, 3), 3);  // three more wait: still a waiter there
  EXPECT_EQ(pick(), nullptr);
  slots.granted(*slot, 1, now + std::chrono::milliseconds(10));
  EXPECT_EQ(slots.take(*slot, 0), 0);  // the last one: a waiter no more
  EXPECT_EQ(pick(), slot);
}

TEST_F(ReplicaSlotsTest, AGrantMayOvertakeTheRefusal) {
  const auto slot = add(5);
  slots.granted(*slot, 1, now + std::chrono::milliseconds(10));
  slots.refused(*slot, now);
  EXPECT_EQ(pick(), slot);
}

TEST_F(ReplicaSlotsTest, ALapsedGrantEndsTheRegistration) {
  const auto slot = add(5);
  slots.refused(*slot, now);
  slots.granted(*slot, 1, now);
  EXPECT_EQ(pick(), slot);
  EXPECT_EQ(slots.waiting(), 0u);
}

TEST_F(ReplicaSlotsTest, ALostConnectionEndsTheRegistration) {
  const auto slot = add(5);
  slots.refused(*slot, now);
  slots.set_connected(*slot, false);
  slots.set_connected(*slot, true);
  EXPECT_EQ(pick(), slot);
}

TEST_F(ReplicaSlotsTest, PassesOverReplicasToAvoid) {
  const auto a = add(5);
  const auto b = add(5);
  for (int i = 0; i < 10; ++i) EXPECT_EQ(pick(1, {a->key}), b);
  EXPECT_EQ(pick(1, {a->key, b->key}), nullptr);
}

TEST_F(ReplicaSlotsTest, LeavesFullReplicasAloneWhileItWaitsAtEnoughOfThem) {
  for (int i = 0; i < 5; ++i) slots.refused(*add(1), now);
  const auto full = add(1);
  slots.take(*full, 0);
  slots.reported(*full, 1, now);
  slots.release(*full);
  EXPECT_EQ(pick(2), nullptr);  // five registrations for two requests
  EXPECT_EQ(pick(10), full);
}

TEST_F(ReplicaSlotsTest, TheLoadOfOthersIsWhatARepliesSaysLessOurOwn) {
  const auto slot = add(10);
  slots.take(*slot, 0);
  slots.take(*slot, 0);
  slots.reported(*slot, 4, now);  // besides the one that is answered
  EXPECT_EQ(slots.load(*slot).others, 3);
  EXPECT_EQ(load_at(slots.load(*slot), now), 5);
}

TEST_F(ReplicaSlotsTest, RemovingKeepsTheOthersInOrder) {
  const auto a = add(1);
  const auto b = add(1);
  const auto c = add(1);
  slots.take(*b, 0);
  slots.remove(*a);
  EXPECT_EQ(slots.pickable(), 1u);
  EXPECT_EQ(pick(), c);
  slots.release(*b);
  EXPECT_EQ(slots.pickable(), 2u);
  EXPECT_EQ(slots.usable(), 2u);
}

TEST_F(ReplicaSlotsTest, TheFallbackTriesTheLongestWaitFirst) {
  const auto first = add(5);
  const auto second = add(5);
  slots.refused(*second, now + std::chrono::milliseconds(1));
  slots.refused(*first, now);
  EXPECT_TRUE(slots.forget_longest_wait());
  EXPECT_EQ(pick(), first);
  EXPECT_TRUE(slots.forget_longest_wait());
  EXPECT_FALSE(slots.forget_longest_wait());
}

}  // namespace
}  // namespace manta::routing
