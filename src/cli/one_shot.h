#pragma once

#include <manta/task.h>

namespace manta::cli {

// Lets one coroutine wait for one event. Loop-confined.
class OneShot {
 public:
  void fire() {
    fired_ = true;
    waiting_.resume();
  }

  struct Awaiter {
    OneShot& event;
    bool await_ready() const { return event.fired_; }
    void await_suspend(std::coroutine_handle<> handle) { event.waiting_ = detail::Resumption(handle); }
    void await_resume() {}
    ~Awaiter() { event.waiting_.forget(); }
  };
  Awaiter operator co_await() { return Awaiter{*this}; }

 private:
  bool fired_ = false;
  detail::Resumption waiting_;
};

}  // namespace manta::cli
