#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <thread>
#include <typeindex>
#include <typeinfo>

#include "base/clock.h"
#include "base/deadline_heap.h"

namespace manta {

class Poller;

// One event loop, run by one thread: the strand of everything created on it. I/O objects of net/ attach to it. Only
// post() and stop() may be called from other threads. What it waits with lives behind it (poller.h, for those who own
// descriptors).
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

  // Any thread; of one thread first posted, first run; never inline; those that callbacks of the loop post run before
  // the kernel is asked again. Callbacks still queued when the loop is destroyed are dropped.
  void post(Callback callback);

  // Runs once at or after `when`, on the loop.
  TimerId at(TimePoint when, Callback callback);
  TimerId after(Duration delay, Callback callback) { return at(now() + delay, std::move(callback)); }
  // False if it has run or was cancelled. Safe for 0.
  bool cancel(TimerId id);
  std::optional<TimePoint> next_deadline() { return deadlines_.next(); }

  TimePoint now() const { return clock_.now(); }
  const Clock& clock() const { return clock_; }
  bool on_loop_thread() const { return *thread_ == std::this_thread::get_id(); }
  // What on_loop_thread() compares with, for those who may ask when the loop has gone.
  std::shared_ptr<const std::atomic<std::thread::id>> thread() const { return thread_; }

  // The loop's one T, made when it is first asked for: memory that everything on the loop may use in turn. Goes with
  // the loop, but for who still holds it.
  template <class T>
  std::shared_ptr<T> shared() {
    std::shared_ptr<void>& known = shared_[typeid(T)];
    if (!known) known = std::make_shared<T>();
    return std::static_pointer_cast<T>(known);
  }

  Poller& poller() { return *poller_; }

 private:
  std::size_t turn(std::optional<Duration> limit);
  std::optional<Duration> until_next_deadline();

  const Clock& clock_;
  DeadlineHeap deadlines_;
  const std::shared_ptr<std::atomic<std::thread::id>> thread_;
  std::atomic<bool> stopped_ = false;
  std::unique_ptr<Poller> poller_;
  std::map<std::type_index, std::shared_ptr<void>> shared_;
};

}  // namespace manta
