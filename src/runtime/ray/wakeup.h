#pragma once

#include <coroutine>
#include <cstdint>
#include <list>
#include <memory>

#include <manta/task.h>

#include "base/loop.h"

namespace manta::runtime {

// Lets any number of coroutines wait until something has changed; each looks for itself what it was. Loop-confined.
// What notify() resumes may destroy the Wakeup.
class Wakeup {
 public:
  class Awaiter;

  // co_await changed.wait(): until the next notify().
  Awaiter wait();
  // Resumes those that wait now, the first first, on the calling stack.
  void notify();

 private:
  struct State {
    std::list<Awaiter*> waiting;
    std::uint64_t turn = 0;
  };
  std::shared_ptr<State> state_ = std::make_shared<State>();
};

class Wakeup::Awaiter {
 public:
  explicit Awaiter(std::shared_ptr<State> state) : state_(std::move(state)) {}
  ~Awaiter() {
    if (waits_) state_->waiting.erase(place_);
  }
  Awaiter(const Awaiter&) = delete;
  Awaiter& operator=(const Awaiter&) = delete;

  bool await_ready() const { return false; }
  void await_suspend(std::coroutine_handle<> handle) {
    resumption_ = detail::Resumption(handle);
    turn_ = state_->turn;
    place_ = state_->waiting.insert(state_->waiting.end(), this);
    waits_ = true;
  }
  void await_resume() {}

 private:
  friend class Wakeup;
  std::shared_ptr<State> state_;
  std::list<Awaiter*>::iterator place_;
  std::uint64_t turn_ = 0;
  bool waits_ = false;
  detail::Resumption resumption_;
};

inline Wakeup::Awaiter Wakeup::wait() { return Awaiter(state_); }

inline void Wakeup::notify() {
  const std::shared_ptr<State> state = state_;
  const std::uint64_t turn = state->turn++;
  while (!state->waiting.empty() && state->waiting.front()->turn_ <= turn) {
    Awaiter* const first = state->waiting.front();
    state->waiting.pop_front();
    first->waits_ = false;
    first->resumption_.resume();
  }
}

// A timer that ends with its scope.
class Alarm {
 public:
  Alarm(Loop& loop, TimePoint when, Loop::Callback callback) : loop_(loop), id_(loop.at(when, std::move(callback))) {}
  ~Alarm() { loop_.cancel(id_); }
  Alarm(const Alarm&) = delete;
  Alarm& operator=(const Alarm&) = delete;

 private:
  Loop& loop_;
  TimerId id_;
};

inline Task<void> pause_for(Loop& loop, Duration time) {
  Wakeup over;
  const Alarm alarm(loop, loop.now() + time, [&over] { over.notify(); });
  co_await over.wait();
}

}  // namespace manta::runtime
