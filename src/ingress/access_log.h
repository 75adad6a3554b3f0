#pragma once

#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

namespace manta::ingress {

// One line per request, "GET /path 200 4.1ms request_id=...", without the query. Lines are gathered in memory and
// written by a thread of its own, so that a slow terminal or disk never holds a request; lines beyond `kMaxPending`
// bytes are dropped and counted. add() from any thread.
class AccessLog {
 public:
  static constexpr std::size_t kMaxPending = std::size_t{1} << 20;

  explicit AccessLog(int fd);  // not closed here
  ~AccessLog();                // writes what is left
  AccessLog(const AccessLog&) = delete;
  AccessLog& operator=(const AccessLog&) = delete;

  void add(std::string_view verb, std::string_view path, int status, double milliseconds, std::string_view request_id);

 private:
  void write_lines();

  int fd_;
  std::mutex mutex_;  // guards what follows
  std::condition_variable wake_;
  std::string pending_;
  std::size_t dropped_ = 0;
  bool stopping_ = false;
  std::thread writer_;
};

}  // namespace manta::ingress
