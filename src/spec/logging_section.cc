#include "spec/logging_section.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <string>
#include <string_view>

namespace manta::spec {
namespace {

// Of Python's log records; what stands there for a place in Python code means nothing here.
constexpr std::array<std::string_view, 15> kPythonOnly = {
    "args",        "exc_info",        "exc_text",   "filename",   "funcName", "lineno",    "module", "pathname",
    "processName", "relativeCreated", "stack_info", "threadName", "taskName", "exc_class", "msg"};

void to_upper(std::string& text) {
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
}

// A name, or Python's number of it.
void read_level(Section& logging, LoggingConfig& config) {
  const std::optional<std::string> json = logging.take("log_level");
  if (!json) return;
  int number = 0;
  if (json->starts_with('"')) {
    logging.read("log_level", config.log_level);
    to_upper(config.log_level);
    if (config.log_level == "WARN") config.log_level = "WARNING";
  } else if (logging.read("log_level", number)) {
    constexpr std::array<std::string_view, 5> kNames = {"DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"};
    const bool known = number >= 10 && number <= 50 && number % 10 == 0;
    config.log_level = known ? std::string(kNames[static_cast<std::size_t>(number / 10 - 1)]) : std::to_string(number);
  }
}

void read_attributes(Section& logging, LoggingConfig& config) {
  if (!logging.read("additional_log_standard_attrs", config.additional_log_standard_attrs)) return;
  for (const std::string& name : config.additional_log_standard_attrs)
    if (std::ranges::find(kPythonOnly, name) != kPythonOnly.end())
      logging.warn("additional_log_standard_attrs", "'" + name + "' tells of Python code: left out of the records");
}

}  // namespace

std::optional<LoggingConfig> read_logging(Section& parent) {
  if (!parent.has("logging_config")) return std::nullopt;
  Section logging = parent.section("logging_config");
  LoggingConfig config;
  logging.read("encoding", config.encoding);
  to_upper(config.encoding);
  read_level(logging, config);
  logging.read("logs_dir", config.logs_dir);
  logging.read("enable_access_log", config.enable_access_log);
  read_attributes(logging, config);
  logging.refuse_rest();
  return config;
}

}  // namespace manta::spec
