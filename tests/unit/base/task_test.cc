#include <manta/task.h>

#include <gtest/gtest.h>

#include <memory>
#include <stdexcept>
#include <string>

#include "base/task_scope.h"

namespace manta {
namespace {

// Parks a coroutine until the test resumes it; says whether its awaiter was destroyed before.
struct Gate {
  detail::Resumption parked;
  int abandoned = 0;

  struct Awaiter {
    Gate& gate;
    bool resumed = false;
    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> handle) { gate.parked = detail::Resumption(handle); }
    void await_resume() { resumed = true; }
    ~Awaiter() {
      if (!resumed) {
        ++gate.abandoned;
        gate.parked.forget();
      }
    }
  };
  Awaiter wait() { return Awaiter{*this}; }
};

Task<int> answer() { co_return 42; }
Task<int> twice() {
  const int first = co_await answer();
  const int second = co_await answer();
  co_return first + second;
}
Task<void> throws() {
  throw std::runtime_error("no");
  co_return;
}
Task<void> wait_at(Gate& gate, std::string& log) {
  log += "in ";
  co_await gate.wait();
  log += "out";
}

TEST(TaskTest, AwaitsNestedTasks) {
  auto task = twice();
  task.start();
  ASSERT_TRUE(task.done());
  EXPECT_EQ(task.take(), 84);
}

TEST(TaskTest, ExceptionsReachTheAwaiter) {
  auto task = throws();
  task.start();
  EXPECT_THROW(task.take(), std::runtime_error);
}

TEST(TaskTest, DestroyingASuspendedTaskDestroysWhatItAwaits) {
  Gate gate;
  std::string log;
  {
    auto task = wait_at(gate, log);
    task.start();
    EXPECT_EQ(log, "in ");
  }
  EXPECT_EQ(gate.abandoned, 1);
  gate.parked.resume();
  EXPECT_EQ(log, "in ");
}

TEST(TaskTest, ResumptionRestoresTheRequest) {
  Gate gate;
  std::string seen;
  auto body = [](Gate& g, std::string& out) -> Task<void> {
    co_await g.wait();
    out = detail::current_request()->request_id;
  };
  auto request = std::make_shared<RequestContext>();
  request->request_id = "r1";
  auto task = body(gate, seen);
  {
    detail::ScopedRequest scope(request);
    task.start();
  }
  EXPECT_EQ(detail::current_request(), nullptr);
  gate.parked.resume();
  EXPECT_EQ(seen, "r1");
  EXPECT_EQ(detail::current_request(), nullptr);
}

class TaskScopeTest : public testing::Test {
 protected:
  VirtualClock clock;
  Loop loop{clock};
};

TEST_F(TaskScopeTest, ForgetsTasksThatEnd) {
  Gate gate;
  std::string log;
  TaskScope scope(loop);
  scope.spawn(wait_at(gate, log));
  EXPECT_EQ(scope.size(), 1u);
  gate.parked.resume();
  EXPECT_EQ(log, "in out");
  EXPECT_EQ(scope.size(), 0u);
  loop.poll();
}

TEST_F(TaskScopeTest, CancelAbandonsTheWait) {
  Gate gate;
  std::string log;
  TaskScope scope(loop);
  const auto id = scope.spawn(wait_at(gate, log));
  scope.cancel(id);
  loop.poll();
  EXPECT_EQ(gate.abandoned, 1);
}

TEST_F(TaskScopeTest, DestroyingTheScopeCancelsAll) {
  Gate gate;
  std::string log;
  {
    TaskScope scope(loop);
    scope.spawn(wait_at(gate, log));
  }
  EXPECT_EQ(gate.abandoned, 1);
}

// Ends at the gate; `given` lives as long as the frame.
Task<void> keep_until_gate(Gate& gate, std::shared_ptr<int> given) {
  co_await gate.wait();
  ++*given;
}

TEST_F(TaskScopeTest, AFrameThatEndedIsDestroyedFromTheLoop) {
  Gate gate;
  TaskScope scope(loop);
  const auto given = std::make_shared<int>(0);
  scope.spawn(keep_until_gate(gate, given));
  gate.parked.resume();
  EXPECT_EQ(*given, 1);
  EXPECT_EQ(given.use_count(), 2);
  loop.poll();
  EXPECT_EQ(given.use_count(), 1);
}

TEST_F(TaskScopeTest, AFrameThatEndedIsDestroyedAtOnceWhereThatIsAskedFor) {
  Gate gate;
  TaskScope scope(loop);
  const auto given = std::make_shared<int>(0);
  scope.spawn(keep_until_gate(gate, given), TaskScope::Frame::AtOnce);
  gate.parked.resume();
  EXPECT_EQ(*given, 1);
  EXPECT_EQ(given.use_count(), 1);
}

TEST_F(TaskScopeTest, AnEndedTaskIsNotCancelledInItsSuccessor) {
  Gate first, second;
  std::string log;
  TaskScope scope(loop);
  const auto ended = scope.spawn(wait_at(first, log));
  first.parked.resume();
  scope.spawn(wait_at(second, log));
  scope.cancel(ended);
  scope.cancel(0);
  loop.poll();
  EXPECT_EQ(second.abandoned, 0);
  EXPECT_EQ(scope.size(), 1u);
}

Task<void> cancel_itself(TaskScope& scope, TaskScope::Id& own, Gate& gate, std::shared_ptr<int> given) {
  co_await gate.wait();
  scope.cancel(own);
  ++*given;
}

TEST_F(TaskScopeTest, ATaskThatCancelsItselfRunsOnToItsNextSuspension) {
  Gate gate;
  TaskScope scope(loop);
  TaskScope::Id own = 0;
  const auto given = std::make_shared<int>(0);
  own = scope.spawn(cancel_itself(scope, own, gate, given), TaskScope::Frame::AtOnce);
  gate.parked.resume();
  EXPECT_EQ(*given, 1);
  EXPECT_EQ(given.use_count(), 2);
  loop.poll();
  EXPECT_EQ(given.use_count(), 1);
}

TEST_F(TaskScopeTest, TasksMaySpawnOthersWhileTheyEnd) {
  TaskScope scope(loop);
  int ran = 0;
  struct Spawner {
    static Task<void> spawn(TaskScope& scope, int& ran, int left) {
      ++ran;
      if (left > 0) scope.spawn(spawn(scope, ran, left - 1));
      co_return;
    }
  };
  scope.spawn(Spawner::spawn(scope, ran, 100));
  EXPECT_EQ(ran, 101);
  EXPECT_EQ(scope.size(), 0u);
  loop.poll();
}

}  // namespace
}  // namespace manta
