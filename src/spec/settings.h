#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <boost/describe/class.hpp>

#include <manta/config.h>

namespace manta::spec {

// Where a replica takes RunningSettings: POST, JSON. It answers when they hold, or with the error of reconfigure().
inline constexpr std::string_view kSettingsPath = "/-/settings";

// The part of a deployment's configuration that a running replica can be given anew, without a restart.
struct RunningSettings {
  int max_ongoing_requests = 5;
  double request_timeout_s = 0;
  double graceful_shutdown_timeout_s = 20;
  std::optional<std::string> user_config;
  bool operator==(const RunningSettings&) const = default;
};
BOOST_DESCRIBE_STRUCT(RunningSettings, (),
                      (max_ongoing_requests, request_timeout_s, graceful_shutdown_timeout_s, user_config))

inline RunningSettings running_settings(const DeploymentConfig& config) {
  return {.max_ongoing_requests = config.max_ongoing_requests,
          .request_timeout_s = config.request_timeout_s,
          .graceful_shutdown_timeout_s = config.graceful_shutdown_timeout_s,
          .user_config = config.user_config};
}

}  // namespace manta::spec
