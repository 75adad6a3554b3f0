#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include <manta/logging_config.h>

#include "base/log.h"

namespace manta {

// Writes one record of a log as a line of JSON, without the line break. Names are those that Ray Serve's records have:
// asctime, levelname, message, component_name, component_id, and what is added.
class JsonRecord {
 public:
  // `attributes`: names of LoggingConfig::additional_log_standard_attrs; those that mean nothing here are left out.
  JsonRecord(std::string& out, LogLevel level, std::string_view message, const LogOptions& options,
             const std::vector<std::string>& attributes);
  void add(const LogField& field);
  void end() { out_ += '}'; }

 private:
  void add_attribute(std::string_view name, LogLevel level, const LogOptions& options,
                     std::chrono::system_clock::time_point now);
  std::string& out_;
};

// The file of a component below LoggingConfig::logs_dir; "#" of a replica's id becomes "_".
std::string log_path(const LoggingConfig& config, const std::string& component);

// "2026-11-21 22:01:07.123", local time.
void append_time(std::string& out, std::chrono::system_clock::time_point now);
std::string_view level_name(LogLevel level);
// In quotes, as a JSON string. What is no UTF-8 stays as it is.
void append_quoted(std::string& out, std::string_view text);
// "key=value", the value in quotes where it could be misread.
void append_text_field(std::string& out, const LogField& field);

}  // namespace manta
