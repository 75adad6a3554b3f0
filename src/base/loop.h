#pragma once

#include <cstddef>
#include <functional>
#include <memory>

#include "base/clock.h"
#include "base/deadline_heap.h"

namespace manta {

// One event loop, run by one thread: the strand of everything created on it. I/O objects of net/ attach to it. Only
// post() and stop() may be called from other threads. Asio lives behind it (loop_asio.h, for net/ only).
class Loop {
 public:
  using Callback = std::move_only_function<void()>;

  // `clock` outlives the loop. With a virtual clock nothing waits: drive it with poll() and fire_due().
  explicit Loop(const Clock& clock);
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  void run();   // until stop(); the calling thread is the loop's thread from now on
  void stop();  // any thread; run() returns after the current callback
  // Runs what is ready without waiting (I/O, posted callbacks, due timers). Returns how many callbacks ran.
  std::size_t poll();

  // Any thread; first posted, first run; never inline. Callbacks still queued when the loop is destroyed are dropped.
  void post(Callback callback);

  // Runs once at or after `when`, on the loop.
  TimerId at(TimePoint when, Callback callback);
  TimerId after(Duration delay, Callback callback) { return at(now() + delay, std::move(callback)); }
  // False if it has run or was cancelled. Safe for 0.
  bool cancel(TimerId id);
  std::optional<TimePoint> next_deadline() { return deadlines_.next(); }

  TimePoint now() const { return clock_.now(); }
  const Clock& clock() const { return clock_; }
  bool on_loop_thread() const;

  struct Asio;
  Asio& asio() { return *asio_; }

 private:
  void arm();
  void on_timer();

  const Clock& clock_;
  DeadlineHeap deadlines_;
  std::unique_ptr<Asio> asio_;
};

}  // namespace manta
