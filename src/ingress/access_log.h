#pragma once

#include <atomic>
#include <mutex>
#include <string>
#include <string_view>

#include <manta/logging_config.h>

#include "base/log.h"
#include "base/log_lines.h"

namespace manta::ingress {

struct AccessLine {
  std::string_view verb, path;
  int status = 0;
  double milliseconds = 0;
  std::string_view request_id = {}, route = {}, application = {};
};

// One line per request, without the query: "GET /path 200 4.1ms request_id=...", or a JSON record. Nothing is written
// while the configuration says so, by enable_access_log or by a level above INFO. Any thread.
class AccessLog {
 public:
  static constexpr std::size_t kMaxPending = LogLines::kMaxPending;

  explicit AccessLog(int fd, LogOptions identity = {.component = "proxy"});  // `fd` is not closed here
  AccessLog(const AccessLog&) = delete;
  AccessLog& operator=(const AccessLog&) = delete;

  void add(const AccessLine& line);
  // From now on. Unavailable when logs_dir cannot be written to; the rest is taken all the same.
  Result<void> configure(const LoggingConfig& config);

 private:
  void append(std::string& out, const AccessLine& line) const;

  const LogOptions identity_;
  LogLines lines_;
  std::atomic<bool> enabled_ = true;
  std::mutex mutex_;  // guards config_
  LoggingConfig config_;
};

}  // namespace manta::ingress
