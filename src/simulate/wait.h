#pragma once

#include <coroutine>
#include <memory>
#include <optional>
#include <utility>

#include <manta/task.h>

#include "base/loop.h"

namespace manta::simulate {

// One value that one coroutine waits for and something else sets. Copies are the same one; it may be set after the
// coroutine has gone. Loop-confined.
template <class T>
class Expected {
 public:
  // The first value counts. Resumes who waits.
  void set(T value) const {
    if (state_->value) return;
    state_->value = std::move(value);
    auto waiting = std::exchange(state_->waiting, {});
    waiting.resume();
  }
  bool is_set() const { return state_->value.has_value(); }

 private:
  struct Shared {
    std::optional<T> value;
    detail::Resumption waiting;
  };
  struct Wait {
    std::shared_ptr<Shared> state;
    bool parked = false;
    bool await_ready() const noexcept { return state->value.has_value(); }
    void await_suspend(std::coroutine_handle<> handle) {
      parked = true;
      state->waiting = detail::Resumption(handle);
    }
    T await_resume() {
      parked = false;
      return std::move(*state->value);
    }
    ~Wait() {
      if (parked) state->waiting.forget();
    }
  };

 public:
  Wait operator co_await() const { return Wait{state_}; }

 private:
  std::shared_ptr<Shared> state_ = std::make_shared<Shared>();
};

// Returns after `time`; at once if it is destroyed.
inline Task<void> pause(Loop& loop, Duration time) {
  const Expected<bool> over;
  loop.after(time, [over] { over.set(true); });
  co_await over;
}

}  // namespace manta::simulate
