#pragma once

#include <coroutine>
#include <utility>

#include <manta/task.h>

namespace manta::counts {

// Lets a producer write when it is told to. One for the whole program, as the deployments cannot be given a pointer.
class Turnstile {
 public:
  static Turnstile& instance() {
    static Turnstile only;
    return only;
  }

  struct Pass {
    Turnstile& turnstile;
    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> handle) { turnstile.waiter_ = detail::Resumption(handle); }
    int await_resume() const noexcept { return turnstile.count_; }
    ~Pass() { turnstile.waiter_.forget(); }
  };
  // How many items to write now; suspends until release().
  Pass pass() { return Pass{*this}; }
  void release(int count) {
    count_ = count;
    std::exchange(waiter_, {}).resume();
  }

 private:
  detail::Resumption waiter_;
  int count_ = 0;
};

}  // namespace manta::counts
