#include "base/loop.h"

#include <gtest/gtest.h>

#include <thread>

namespace manta {
namespace {

TEST(LoopTest, RunsPostedCallbacksInOrderFromAnyThread) {
  SystemClock clock;
  Loop loop(clock);
  std::string order;
  std::thread other([&] {
    loop.post([&] { order += 'a'; });
    loop.post([&] { order += 'b'; });
    loop.post([&] { loop.stop(); });
  });
  loop.run();
  other.join();
  EXPECT_EQ(order, "ab");
}

TEST(LoopTest, TimersFollowTheVirtualClock) {
  VirtualClock clock;
  Loop loop(clock);
  int fired = 0;
  loop.after(std::chrono::seconds(10), [&] { ++fired; });
  loop.poll();
  EXPECT_EQ(fired, 0);
  clock.advance(std::chrono::seconds(10));
  loop.poll();
  EXPECT_EQ(fired, 1);
}

TEST(LoopTest, AnEarlierTimerIsNotDelayedByALaterOne) {
  SystemClock clock;
  Loop loop(clock);
  std::string order;
  loop.after(std::chrono::milliseconds(20), [&] {
    order += 'b';
    loop.stop();
  });
  loop.after(std::chrono::milliseconds(1), [&] { order += 'a'; });
  loop.run();
  EXPECT_EQ(order, "ab");
}

TEST(LoopTest, ACancelledTimerDoesNotRun) {
  SystemClock clock;
  Loop loop(clock);
  bool ran = false;
  const TimerId id = loop.after(std::chrono::milliseconds(1), [&] { ran = true; });
  EXPECT_TRUE(loop.cancel(id));
  loop.after(std::chrono::milliseconds(5), [&] { loop.stop(); });
  loop.run();
  EXPECT_FALSE(ran);
}

TEST(LoopTest, WhatIsSharedOnALoopIsOneOfItsKindAndGoesWithTheLoop) {
  struct Room {
    int visits = 0;
  };
  const SystemClock clock;
  auto loop = std::make_unique<Loop>(clock);
  Loop other(clock);
  std::weak_ptr<Room> room;
  {
    const std::shared_ptr<Room> first = loop->shared<Room>();
    first->visits = 1;
    room = first;
  }
  EXPECT_EQ(loop->shared<Room>()->visits, 1);
  EXPECT_EQ(other.shared<Room>()->visits, 0);
  loop.reset();
  EXPECT_TRUE(room.expired());
}

}  // namespace
}  // namespace manta
