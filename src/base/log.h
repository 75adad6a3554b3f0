#pragma once

#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <variant>

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

enum class LogLevel { Debug, Info, Warn, Error };

struct LogOptions {
  std::string component;  // "agent", "controller", "proxy" or the replica id: opens each line
  LogLevel level = LogLevel::Info;
  bool json = false;  // one JSON object a line instead of text
  bool async = true;  // a background thread writes; false where threads are not wanted (the agent)
};

// Structured log to standard error: an event name and fields. Thread-safe. info = a state changed, warn = degraded but
// handled, error = someone must act. Never payloads, never secrets, nothing per request but the access log.
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

 private:
  void log(LogLevel level, std::string_view event, std::initializer_list<LogField> fields);

  bool json_;
  std::string component_;
  std::shared_ptr<spdlog::logger> sink_;
};

}  // namespace manta
