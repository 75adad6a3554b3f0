#pragma once

#include <string>
#include <vector>

#include <boost/describe/class.hpp>

namespace manta {

// What is logged, and how. May change while running. Given for a deployment it counts there, else that of its
// application, else that of the whole file: as a whole, not field by field.
struct LoggingConfig {
  std::string encoding = "TEXT";   // TEXT, or JSON: one object a line
  std::string log_level = "INFO";  // DEBUG, INFO, WARNING, ERROR or CRITICAL: records below it are left out
  std::string logs_dir;            // folder, absolute, that records are appended to as well; empty = none
  bool enable_access_log = true;   // a line for each request, in proxies and in replicas, at level INFO
  std::vector<std::string>
      additional_log_standard_attrs;  // added to JSON records: process, thread, created, msecs, name
  bool operator==(const LoggingConfig&) const = default;
};
BOOST_DESCRIBE_STRUCT(LoggingConfig, (),
                      (encoding, log_level, logs_dir, enable_access_log, additional_log_standard_attrs))

}  // namespace manta
