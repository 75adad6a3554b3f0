#include "ingress/access_log.h"

#include <array>
#include <charconv>
#include <utility>

#include "base/log_record.h"

namespace manta::ingress {
namespace {

// A line break in a path must not forge a line of the log.
void append_visible(std::string& out, std::string_view text) {
  for (const char c : text) out += c > ' ' && c != 0x7f ? c : '?';
}

void append_milliseconds(std::string& out, double value) {
  std::array<char, 32> buffer{};
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, std::chars_format::fixed, 1);
  out.append(buffer.data(), end.ptr);
  out += "ms";
}

// "GET /path 200 4.1ms"
void append_message(std::string& out, const AccessLine& line) {
  append_visible(out, line.verb);
  out += ' ';
  append_visible(out, line.path.substr(0, line.path.find('?')));
  out += ' ';
  out += std::to_string(line.status);
  out += ' ';
  append_milliseconds(out, line.milliseconds);
}

}  // namespace

AccessLog::AccessLog(int fd, LogOptions identity) : identity_(std::move(identity)), lines_(fd) {}

void AccessLog::append(std::string& out, const AccessLine& line) const {
  if (config_.encoding != "JSON") {
    append_message(out, line);
    if (!line.request_id.empty()) out.append(" request_id=").append(line.request_id);
  } else {
    std::string message;
    append_message(message, line);
    JsonRecord record(out, LogLevel::Info, message, identity_, config_.additional_log_standard_attrs);
    if (!line.request_id.empty()) record.add({"request_id", line.request_id});
    if (!line.application.empty()) record.add({"application", line.application});
    if (!line.route.empty()) record.add({"route", line.route});
    record.add({"method", line.verb});
    record.add({"status", line.status});
    record.add({"latency_ms", line.milliseconds});
    record.end();
  }
  out += '\n';
}

void AccessLog::add(const AccessLine& line) {
  if (!enabled_.load(std::memory_order_relaxed)) return;
  lines_.add([&](std::string& pending) {
    const std::lock_guard lock(mutex_);
    append(pending, line);
  });
}

Result<void> AccessLog::configure(const LoggingConfig& config) {
  std::string folder;
  {
    const std::lock_guard lock(mutex_);  // not held below: add() takes it within the lock of the lines
    if (config == config_) return {};
    folder = std::exchange(config_, config).logs_dir;
    enabled_ = config.enable_access_log && log_level_of(config.log_level) <= LogLevel::Info;
  }
  if (folder == config.logs_dir) return {};
  return lines_.set_file(config.logs_dir.empty() ? "" : log_path(config, identity_.component));
}

}  // namespace manta::ingress
