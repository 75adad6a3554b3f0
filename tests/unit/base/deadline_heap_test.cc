#include "base/deadline_heap.h"

#include <gtest/gtest.h>

#include <random>

namespace manta {
namespace {

using std::chrono::milliseconds;
const TimePoint kStart{std::chrono::hours(1)};

TEST(DeadlineHeapTest, FiresInOrderOfTimeThenOfArrival) {
  DeadlineHeap heap;
  std::string order;
  heap.add(kStart + milliseconds(2), [&] { order += 'c'; });
  heap.add(kStart + milliseconds(1), [&] { order += 'a'; });
  heap.add(kStart + milliseconds(1), [&] { order += 'b'; });
  EXPECT_EQ(heap.fire_due(kStart + milliseconds(1)), 2u);
  EXPECT_EQ(order, "ab");
  EXPECT_EQ(heap.next(), kStart + milliseconds(2));
}

TEST(DeadlineHeapTest, CancelledEntriesNeverFire) {
  DeadlineHeap heap;
  bool fired = false;
  const TimerId id = heap.add(kStart, [&] { fired = true; });
  EXPECT_TRUE(heap.cancel(id));
  EXPECT_FALSE(heap.cancel(id));
  EXPECT_EQ(heap.next(), std::nullopt);
  EXPECT_EQ(heap.fire_due(kStart), 0u);
  EXPECT_FALSE(fired);
}

TEST(DeadlineHeapTest, ACallbackMayAddAndCancel) {
  DeadlineHeap heap;
  int fired = 0;
  TimerId second = 0;
  heap.add(kStart, [&] {
    heap.cancel(second);
    heap.add(kStart, [&] { ++fired; });
  });
  second = heap.add(kStart, [&] { fired += 100; });
  heap.fire_due(kStart);
  EXPECT_EQ(fired, 1);
}

TEST(DeadlineHeapTest, StaysSmallWhenMostEntriesAreCancelled) {
  DeadlineHeap heap;
  std::mt19937 random(1);
  for (int i = 0; i < 10'000; ++i) heap.cancel(heap.add(kStart + milliseconds(random() % 1000), [] {}));
  EXPECT_EQ(heap.size(), 0u);
  EXPECT_EQ(heap.next(), std::nullopt);
}

}  // namespace
}  // namespace manta
