#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

#include <manta/task.h>

namespace manta {

namespace detail {

// Wakes one coroutine of a strand from any thread. A wake before the wait is kept (one of them).
class Signal {
 public:
  Signal();
  ~Signal();
  Signal(const Signal&) = delete;
  Signal& operator=(const Signal&) = delete;
  void wake();        // any thread
  Task<void> wait();  // on the strand; one waiter at a time

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace detail

// Brings values from any thread (an engine's own, a compute thread) to one coroutine of the strand, in order. Bounded.
// Shared by both sides: keep it in a shared_ptr. Made on the strand or a compute thread of the replica that reads.
template <class T>
class Mailbox {
 public:
  explicit Mailbox(std::size_t capacity = 1024) : capacity_(capacity) {}

  // Any thread, never blocks. False, and the value is dropped, when full or closed.
  bool push(T value) {
    {
      const std::lock_guard lock(mutex_);
      if (closed_ || values_.size() >= capacity_) return false;
      values_.push_back(std::move(value));
    }
    signal_.wake();
    return true;
  }

  // Any thread: no more values; those inside are still read.
  void close() {
    {
      const std::lock_guard lock(mutex_);
      closed_ = true;
    }
    signal_.wake();
  }

  // On the strand, by one coroutine: the next value; nullopt once closed and empty.
  Task<std::optional<T>> next() {
    for (;;) {
      {
        const std::lock_guard lock(mutex_);
        if (!values_.empty()) {
          std::optional<T> value(std::move(values_.front()));
          values_.pop_front();
          co_return value;
        }
        if (closed_) co_return std::nullopt;
      }
      co_await signal_.wait();
    }
  }

 private:
  const std::size_t capacity_;
  std::mutex mutex_;  // guards values_ and closed_
  std::deque<T> values_;
  bool closed_ = false;
  detail::Signal signal_;
};

}  // namespace manta
