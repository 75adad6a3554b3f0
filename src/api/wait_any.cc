#include <condition_variable>
#include <mutex>
#include <utility>

#include <manta/detail/caller.h>

#include "api/pending_call.h"
#include "api/replica_scope.h"

namespace manta::detail {
namespace {

std::optional<std::size_t> first_done(std::span<const PendingCall* const> calls) {
  for (std::size_t i = 0; i < calls.size(); ++i)
    if (calls[i]->done()) return i;
  return std::nullopt;
}

class BlockingObserver final : public api::CallObserver {
 public:
  void on_done() override {
    {
      const std::lock_guard lock(mutex);
      any = true;
    }
    changed.notify_all();
  }
  std::mutex mutex;  // guards any
  std::condition_variable changed;
  bool any = false;
};

}  // namespace

std::optional<std::size_t> wait_any(std::span<const PendingCall* const> calls, Timeout timeout) {
  if (const auto done = first_done(calls); done || calls.empty()) return done;
  api::refuse_to_block("wait_any()");
  const auto observer = std::make_shared<BlockingObserver>();
  for (const PendingCall* call : calls) call->state()->watch(observer);
  api::wait_blocking(observer->mutex, observer->changed, timeout, [&] { return observer->any; });
  return first_done(calls);
}

struct AnyAwaiter::State final : api::CallObserver {
  void on_done() override { std::exchange(waiter, {}).resume(); }

  std::vector<const PendingCall*> calls;
  Timeout timeout;
  Resumption waiter;
  Loop* loop = nullptr;
  TimerId timer = 0;
};

AnyAwaiter::AnyAwaiter(std::vector<const PendingCall*> calls, Timeout timeout) : state_(std::make_shared<State>()) {
  state_->calls = std::move(calls);
  state_->timeout = timeout;
}

AnyAwaiter::~AnyAwaiter() {
  state_->waiter.forget();
  if (state_->loop) state_->loop->cancel(state_->timer);
}

bool AnyAwaiter::await_ready() { return state_->calls.empty() || first_done(state_->calls).has_value(); }

void AnyAwaiter::await_suspend(std::coroutine_handle<> waiter) {
  state_->waiter = Resumption(waiter);
  for (const PendingCall* call : state_->calls) call->state()->watch(state_);
  if (!state_->timeout) return;
  state_->loop = &state_->calls.front()->state()->strand->loop();
  state_->timer = state_->loop->after(*state_->timeout, [state = state_] { state->on_done(); });
}

std::optional<std::size_t> AnyAwaiter::await_resume() { return first_done(state_->calls); }

}  // namespace manta::detail
