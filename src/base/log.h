#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <manta/error.h>
#include <manta/logging_config.h>

namespace spdlog {
class logger;
}

namespace manta {

struct LogField {
  std::string_view key;
  std::variant<std::string_view, std::int64_t, std::uint64_t, double, bool> value;

  LogField(std::string_view k, std::string_view v) : key(k), value(v) {}
  LogField(std::string_view k, const std::string& v) : key(k), value(std::string_view(v)) {}
  LogField(std::string_view k, const char* v) : key(k), value(std::string_view(v)) {}
  LogField(std::string_view k, bool v) : key(k), value(v) {}
  LogField(std::string_view k, double v) : key(k), value(v) {}
  template <class Int>
    requires std::is_integral_v<Int>
  LogField(std::string_view k, Int v) : key(k) {
    if constexpr (std::is_signed_v<Int>)
      value = static_cast<std::int64_t>(v);
    else
      value = static_cast<std::uint64_t>(v);
  }
};

enum class LogLevel { Debug, Info, Warn, Error, Critical };

struct LogOptions {
  std::string component;  // "agent", "controller", "proxy" or the replica id: opens each line
  LogLevel level = LogLevel::Info;
  bool json = false;                // one JSON object a line instead of text
  bool async = true;                // a background thread writes; false where threads are not wanted (the agent)
  std::string component_name = {};  // "replica"; empty: as `component`
  std::vector<std::pair<std::string, std::string>> fields = {};  // in every JSON record: {"application", "rag"}
};

// "DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"; what is none of them counts as INFO. Of CRITICAL there are no
// records.
LogLevel log_level_of(std::string_view name);

// Structured log to standard error, and to a file if configured: an event name and fields, as text or one JSON object a
// line. Thread-safe. info = a state changed, warn = degraded but handled, error = someone must act. Never payloads,
// never secrets, nothing per request but the access log.
class Logger {
 public:
  explicit Logger(const LogOptions& options);
  ~Logger();
  void debug(std::string_view event, std::initializer_list<LogField> fields = {}) {
    log(LogLevel::Debug, event, fields);
  }
  void info(std::string_view event, std::initializer_list<LogField> fields = {}) { log(LogLevel::Info, event, fields); }
  void warn(std::string_view event, std::initializer_list<LogField> fields = {}) { log(LogLevel::Warn, event, fields); }
  void error(std::string_view event, std::initializer_list<LogField> fields = {}) {
    log(LogLevel::Error, event, fields);
  }
  void flush();

  // From now on records are as `config` says. When its folder cannot be written to: Unavailable, and the rest is taken
  // all the same.
  Result<void> configure(const LoggingConfig& config);

 private:
  void log(LogLevel level, std::string_view event, std::initializer_list<LogField> fields);
  std::string line(LogLevel level, std::string_view event, std::initializer_list<LogField> fields);

  const LogOptions options_;
  std::mutex mutex_;  // guards what follows
  bool json_;
  LoggingConfig config_;
  std::shared_ptr<spdlog::logger> sink_;  // itself safe to log to from any thread
};

}  // namespace manta
