#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <string>

#include "base/task_scope.h"
#include "replica/compute_pool.h"
#include "replica/loop_compute.h"

namespace manta::replica {
namespace {

TEST(ComputePoolTest, OneThreadRunsJobsOneByOneInOrder) {
  std::string order;  // unguarded: one thread
  std::latch done(3);
  ComputePool pool({.threads = 1});
  for (const char c : {'a', 'b', 'c'})
    ASSERT_TRUE(pool.submit(
        [&, c] {
          order += c;
          done.count_down();
        },
        0));
  done.wait();
  pool.stop();
  EXPECT_EQ(order, "abc");
  EXPECT_EQ(pool.finished(), 3u);
}

TEST(ComputePoolTest, SeveralThreadsRunJobsSideBySide) {
  std::latch both(2);
  ComputePool pool({.threads = 2});
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(pool.submit([&] { both.arrive_and_wait(); }, 0));
  both.wait();
}

TEST(ComputePoolTest, RefusesBeyondItsBoundsInCountAndBytes) {
  std::latch release(1);
  std::latch running(1);
  ComputePool pool({.threads = 1, .max_queued = 2, .max_queued_bytes = 100});
  ASSERT_TRUE(pool.submit(
      [&] {
        running.count_down();
        release.wait();
      },
      0));
  running.wait();
  EXPECT_TRUE(pool.submit([] {}, 60));
  EXPECT_EQ(pool.submit([] {}, 60).error().code, ErrorCode::Overloaded);
  EXPECT_TRUE(pool.submit([] {}, 40));
  EXPECT_EQ(pool.submit([] {}, 0).error().code, ErrorCode::Overloaded);
  release.count_down();
}

TEST(ComputePoolTest, ACancelledJobDoesNotRunAndOneThatRunsCannotBeCancelled) {
  std::latch release(1);
  std::latch running(1);
  bool ran = false;
  ComputePool pool({.threads = 1});
  const auto first = pool.submit(
      [&] {
        running.count_down();
        release.wait();
      },
      0);
  running.wait();
  const auto second = pool.submit([&] { ran = true; }, 0);
  EXPECT_FALSE(pool.cancel(*first));
  EXPECT_TRUE(pool.cancel(*second));
  EXPECT_FALSE(pool.cancel(*second));
  release.count_down();
  pool.stop();
  EXPECT_FALSE(ran);
}

TEST(ComputePoolTest, StopDropsWhatIsQueued) {
  auto owned = std::make_shared<int>();
  ComputePool pool({.threads = 1});
  std::latch running(1);
  std::latch release(1);
  ASSERT_TRUE(pool.submit(
      [&] {
        running.count_down();
        release.wait();
      },
      0));
  running.wait();
  ASSERT_TRUE(pool.submit([owned] {}, 0));
  release.count_down();
  pool.stop();
  EXPECT_EQ(owned.use_count(), 1);
  EXPECT_EQ(pool.submit([] {}, 0).error().code, ErrorCode::Unavailable);
}

Task<void> run_and_note(Compute& compute, Loop& loop, Compute::Job job, std::string& log) {
  const auto ran = co_await run_on(compute, loop, std::move(job));
  log += ran ? "ran" : std::string(name(ran.error().code));
}

TEST(RunOnTest, ResumesOnTheLoopAfterTheJobRanForTheSameRequest) {
  SystemClock clock;
  Loop loop(clock);
  ComputePool pool({.threads = 1});
  TaskScope scope(loop);
  std::string log, seen;
  auto request = std::make_shared<RequestContext>();
  request->request_id = "r7";
  {
    const detail::ScopedRequest current(request);
    scope.spawn(run_and_note(pool, loop, [&] { seen = detail::current_request()->request_id; }, log));
  }
  while (log.empty()) loop.poll();
  EXPECT_EQ(log, "ran");
  EXPECT_EQ(seen, "r7");
  pool.stop();
}

class LoopComputeTest : public testing::Test {
 protected:
  VirtualClock clock;
  Loop loop{clock};
  LoopCompute compute{loop, 2};
  TaskScope scope{loop};
  std::string log;
};

TEST_F(LoopComputeTest, RunsJobsOnTheLoopInOrderAndNeverInline) {
  ASSERT_TRUE(compute.submit([&] { log += 'a'; }, 0));
  ASSERT_TRUE(compute.submit([&] { log += 'b'; }, 0));
  EXPECT_EQ(compute.submit([] {}, 0).error().code, ErrorCode::Overloaded);
  EXPECT_EQ(log, "");
  loop.poll();
  EXPECT_EQ(log, "ab");
}

TEST_F(LoopComputeTest, ACancelledJobDoesNotRun) {
  const auto id = compute.submit([&] { log += 'a'; }, 0);
  ASSERT_TRUE(compute.submit([&] { log += 'b'; }, 0));
  EXPECT_TRUE(compute.cancel(*id));
  loop.poll();
  EXPECT_EQ(log, "b");
}

TEST_F(LoopComputeTest, DestroyingTheWaiterTakesTheJobOutOfTheQueue) {
  const auto task = scope.spawn(run_and_note(compute, loop, [&] { log += "job"; }, log));
  scope.cancel(task);
  scope.cancel_all();
  loop.poll();
  EXPECT_EQ(log, "");
  EXPECT_EQ(compute.queued(), 0u);
}

TEST_F(LoopComputeTest, AStoppedPoolTellsThoseWhoWait) {
  scope.spawn(run_and_note(compute, loop, [&] { log += "job"; }, log));
  compute.stop();
  loop.poll();
  EXPECT_EQ(log, "Unavailable");
}

}  // namespace
}  // namespace manta::replica
