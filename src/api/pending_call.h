#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include <manta/detail/caller.h>
#include <manta/task.h>

#include "api/strand.h"

namespace manta::api {

// Told when one of the calls it watches is done. Notified on that call's strand.
class CallObserver {
 public:
  virtual ~CallObserver() = default;
  virtual void on_done() = 0;
};

}  // namespace manta::api

namespace manta::detail {

// One call in flight: shared by its caller (any thread) and the coroutine on the strand that carries it out.
struct PendingCall::State {
  explicit State(std::shared_ptr<api::Strand> s) : strand(std::move(s)) {}

  // On the strand. The first result counts; wakes whoever waits.
  void complete(Result<CallResult> value);
  // `result` was set before anybody else knew of the call: it has ended as it began.
  void has_ended() { done = true; }
  // The coroutine that carries it out is gone without a result; wakes blocked threads, resumes nobody.
  void abandon(Error why);
  bool over() const { return done; }
  // Any thread: the coroutine is destroyed, and with it whatever it waits for; the result is Cancelled.
  static void cancel(const std::shared_ptr<State>& state);
  void watch(const std::shared_ptr<api::CallObserver>& observer);

  const std::shared_ptr<api::Strand> strand;
  std::atomic<bool> done = false;

  // On the strand only.
  TaskScope::Id task = 0;
  detail::Resumption waiter;

  std::mutex mutex;  // guards what follows
  std::condition_variable changed;
  std::optional<Result<CallResult>> result;
  std::vector<std::weak_ptr<api::CallObserver>> observers;
};

}  // namespace manta::detail

namespace manta::api {

// co_await on the strand: the result of a call.
struct CallAwaiter {
  detail::PendingCall& call;
  bool parked = false;
  bool await_ready() const { return call.done(); }
  void await_suspend(std::coroutine_handle<> waiter) {
    parked = true;
    call.park(waiter);
  }
  Result<detail::CallResult> await_resume() {
    parked = false;
    return call.take();
  }
  ~CallAwaiter() {
    if (parked) call.forget();
  }
};

// Blocks on `changed` until `is_done`, the timeout, or the current request's cancellation, which throws Cancelled.
// Returns is_done(). The request's cancellation is looked at every 20 ms: it is a flag, set from another thread.
bool wait_blocking(std::mutex& mutex, std::condition_variable& changed, detail::Timeout timeout,
                   const std::function<bool()>& is_done);

}  // namespace manta::api
