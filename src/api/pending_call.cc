#include "api/pending_call.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include <manta/detail/request_context.h>

#include "api/replica_scope.h"

namespace manta::api {
namespace {

constexpr std::chrono::milliseconds kCancellationCheck{20};

}  // namespace

bool wait_blocking(std::mutex& mutex, std::condition_variable& changed, detail::Timeout timeout,
                   const std::function<bool()>& is_done) {
  using SteadyClock = std::chrono::steady_clock;
  const auto deadline = timeout ? SteadyClock::now() + *timeout : SteadyClock::time_point::max();
  const auto& request = detail::current_request();
  std::unique_lock lock(mutex);
  while (!is_done()) {
    if (request && request->cancelled.load(std::memory_order_relaxed))
      throw Exception({ErrorCode::Cancelled, "the request that waits for this call was cancelled"});
    const auto now = SteadyClock::now();
    if (now >= deadline) return false;
    changed.wait_until(lock, std::min<SteadyClock::time_point>(deadline, now + kCancellationCheck));
  }
  return true;
}

}  // namespace manta::api

namespace manta::detail {

void PendingCall::State::complete(Result<CallResult> value) {
  std::vector<std::weak_ptr<api::CallObserver>> watching;
  {
    const std::lock_guard lock(mutex);
    if (done) return;
    result = std::move(value);
    done = true;
    watching.swap(observers);
  }
  changed.notify_all();
  for (const auto& observer : watching)
    if (const auto alive = observer.lock()) alive->on_done();
  std::exchange(waiter, {}).resume();
}

void PendingCall::State::abandon(Error why) {
  if (done) return;
  waiter.forget();
  complete(std::unexpected(std::move(why)));
}

void PendingCall::State::cancel(const std::shared_ptr<State>& state) {
  if (state->done) return;
  auto stop = [state] {
    if (state->done) return;
    if (TaskScope* tasks = state->strand->tasks()) tasks->cancel(state->task);
    state->complete(fail(ErrorCode::Cancelled, "the call was cancelled by its caller"));
  };
  if (state->strand->on_thread())
    stop();
  else
    state->strand->post(stop);
}

void PendingCall::State::watch(const std::shared_ptr<api::CallObserver>& observer) {
  {
    const std::lock_guard lock(mutex);
    if (!done) {
      observers.push_back(observer);
      return;
    }
  }
  observer->on_done();
}

PendingCall& PendingCall::operator=(PendingCall&& other) noexcept {
  if (this == &other) return *this;
  cancel();
  state_ = std::move(other.state_);
  return *this;
}

bool PendingCall::done() const { return state_ && state_->done; }

bool PendingCall::wait(Timeout timeout) const {
  if (!state_)
    throw Exception({ErrorCode::InvalidArgument, "this response was moved, detached or never came from a call"});
  if (state_->done) return true;
  if (state_->strand->on_thread()) api::refuse_to_block("response.get()");
  return api::wait_blocking(state_->mutex, state_->changed, timeout, [this] { return state_->done.load(); });
}

bool PendingCall::ready() const {
  if (done()) return true;
  if (state_ && state_->strand->on_thread()) return false;
  return wait(std::nullopt);
}

void PendingCall::park(std::coroutine_handle<> waiter) { state_->waiter = Resumption(waiter); }

void PendingCall::forget() {
  if (state_) state_->waiter.forget();
}

// Of one that is done: `result` does not change any more but for this.
Result<CallResult> PendingCall::take() {
  if (!state_->result) return fail(ErrorCode::InvalidArgument, "a response is awaited at most once");
  Result<CallResult> taken = std::move(*state_->result);
  state_->result.reset();
  return taken;
}

void PendingCall::cancel() {
  if (state_) State::cancel(state_);
}

}  // namespace manta::detail
