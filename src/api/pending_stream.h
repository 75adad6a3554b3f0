#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include <manta/detail/caller.h>
#include <manta/task.h>

#include "api/strand.h"

namespace manta::detail {

// A stream being read: a coroutine on the strand fills it up to a limit, its reader (strand or another thread) empties
// it.
struct PendingStream::State {
  explicit State(std::shared_ptr<api::Strand> s) : strand(std::move(s)) {}

  // On the strand.
  bool put(std::string item);  // true: there is room for more. Nobody is told
  void tell_reader();          // of what has been put: resumes the coroutine that waits for it, wakes blocked threads
  void end(Result<void> how);  // the first counts
  void abandon(Error why);     // the coroutine that fills it is gone; wakes blocked threads, resumes nobody
  bool has_room();
  static void cancel(const std::shared_ptr<State>& state);
  // Any thread.
  bool readable() const { return to_read.load(std::memory_order_acquire) != 0; }
  bool over();  // it has ended, though there may be items left

  const std::shared_ptr<api::Strand> strand;
  std::atomic<std::size_t> to_read = 0;  // items, and one for the end; written while `mutex` is held

  // On the strand only.
  TaskScope::Id task = 0;
  detail::Resumption reader;
  detail::Resumption producer;

  // While `mutex` is held.
  bool is_below_limit() const;
  void count_to_read();

  std::mutex mutex;  // guards what follows
  std::condition_variable changed;
  std::deque<std::string> items;
  std::size_t bytes = 0;
  bool ended = false;
  std::optional<Error> error;
  bool producer_waits = false;
};

}  // namespace manta::detail

namespace manta::api {

// co_await on the strand, in the coroutine that fills: until the reader has made room.
struct RoomAwaiter {
  detail::PendingStream::State& stream;
  bool await_ready() { return stream.has_room(); }
  bool await_suspend(std::coroutine_handle<> producer);
  void await_resume() {}
  ~RoomAwaiter() { stream.producer.forget(); }
};

}  // namespace manta::api
