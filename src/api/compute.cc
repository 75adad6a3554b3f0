#include <manta/compute.h>

#include <thread>

#include <manta/deployment.h>

#include "api/replica_scope.h"

namespace manta {
namespace {

// Parks a coroutine of the strand until a time.
struct SleepAwaiter {
  Loop& loop;
  Duration duration;
  TimerId timer = 0;
  detail::Resumption sleeper = {};

  bool await_ready() const { return duration <= Duration::zero(); }
  void await_suspend(std::coroutine_handle<> waiter) {
    sleeper = detail::Resumption(waiter);
    timer = loop.after(duration, [this] {
      timer = 0;
      sleeper.resume();
    });
  }
  void await_resume() {}
  ~SleepAwaiter() { loop.cancel(timer); }
};

}  // namespace

namespace detail {

Task<Result<void>> run_on_compute(std::move_only_function<void()> job) {
  const api::ReplicaScope* scope = api::current_replica();
  if (!scope) {
    job();
    co_return Result<void>();
  }
  replica::Compute::Job inside = [scope, job = std::move(job)]() mutable {
    const api::ScopedReplica replica(scope);
    job();
  };
  auto running = replica::run_on(scope->compute, scope->strand->loop(), std::move(inside));
  co_return co_await running;
}

}  // namespace detail

Task<void> sleep(std::chrono::nanoseconds duration) {
  const api::ReplicaScope* scope = api::current_replica();
  if (!scope) {
    std::this_thread::sleep_for(duration);
    co_return;
  }
  SleepAwaiter awaiter{scope->strand->loop(), duration};
  co_await awaiter;
}

}  // namespace manta
