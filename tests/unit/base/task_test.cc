#include <manta/task.h>

#include <gtest/gtest.h>

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

}  // namespace
}  // namespace manta
