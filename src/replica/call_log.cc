#include "replica/call_log.h"

#include <unistd.h>

#include <array>
#include <charconv>

#include "base/log_record.h"

namespace manta::replica {
namespace {

// "CALL echo OK 1.3ms"
std::string call_text(std::string_view method, std::string_view outcome, double milliseconds) {
  std::array<char, 32> buffer{};
  const auto end =
      std::to_chars(buffer.data(), buffer.data() + buffer.size(), milliseconds, std::chars_format::fixed, 1);
  std::string text = "CALL ";
  text.append(method).append(" ").append(outcome).append(" ").append(buffer.data(), end.ptr).append("ms");
  return text;
}

}  // namespace

Result<void> CallLog::configure(const std::optional<LoggingConfig>& config) {
  const std::string folder = config_ ? config_->logs_dir : "";
  config_ = config;
  const bool writes = config && config->enable_access_log && log_level_of(config->log_level) <= LogLevel::Info;
  if (!writes) {
    lines_.reset();
    return {};
  }
  const bool is_new = lines_ == nullptr;
  if (is_new) lines_ = std::make_unique<LogLines>(STDERR_FILENO);
  if (!is_new && folder == config->logs_dir) return {};
  return lines_->set_file(config->logs_dir.empty() ? "" : log_path(*config, identity_.component));
}

void CallLog::add(std::string_view method, std::string_view outcome, double milliseconds,
                  const RequestContext& context) {
  if (!lines_) return;
  const std::string message = call_text(method, outcome, milliseconds);
  lines_->add([&](std::string& out) {
    if (config_->encoding == "JSON") {
      JsonRecord record(out, LogLevel::Info, message, identity_, config_->additional_log_standard_attrs);
      record.add({"request_id", context.request_id});
      record.add({"route", context.route});
      record.add({"latency_ms", milliseconds});
      record.end();
    } else {
      out += message;
      if (!context.request_id.empty()) out.append(" request_id=").append(context.request_id);
    }
    out += '\n';
  });
}

}  // namespace manta::replica
