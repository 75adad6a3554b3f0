#pragma once

#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

#include <manta/error.h>

namespace manta {

// Lines of an access log on their way to standard error and, if there is one, to a file. They are gathered in memory
// and written by a thread of its own, so that a slow terminal or disk never holds a request; lines beyond kMaxPending
// bytes are dropped and counted. Any thread.
class LogLines {
 public:
  static constexpr std::size_t kMaxPending = std::size_t{1} << 20;

  explicit LogLines(int fd);  // not closed here
  ~LogLines();                // writes what is left
  LogLines(const LogLines&) = delete;
  LogLines& operator=(const LogLines&) = delete;

  // append(text) adds whole lines to what is pending. Not called when too much is.
  template <class Append>
  void add(Append append) {
    const std::lock_guard lock(mutex_);
    if (pending_.size() > kMaxPending) {
      ++dropped_;
      return;
    }
    const bool was_empty = pending_.empty();
    append(pending_);
    if (was_empty) wake_.notify_one();
  }
  // From now on lines are appended to that file as well; empty: to none. Unavailable when it cannot be opened.
  Result<void> set_file(const std::string& path);

 private:
  void write_lines();

  int fd_;
  std::mutex mutex_;  // guards what follows
  std::condition_variable wake_;
  std::string pending_;
  std::size_t dropped_ = 0;
  int file_ = -1;
  bool stopping_ = false;
  std::thread writer_;
};

}  // namespace manta
