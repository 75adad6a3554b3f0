#pragma once

#include <map>
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
  std::optional<LoggingConfig> logging_config = {};  // none: as the process began
  double request_routing_stats_period_s = 10;
  double request_routing_stats_timeout_s = 30;
  std::map<std::string, BatchingConfig> batching = {};
  bool raise_for_batches = true;
  std::optional<ResponseCacheConfig> response_cache = {};
  bool operator==(const RunningSettings&) const = default;
};
BOOST_DESCRIBE_STRUCT(RunningSettings, (),
                      (max_ongoing_requests, request_timeout_s, graceful_shutdown_timeout_s, user_config,
                       logging_config, request_routing_stats_period_s, request_routing_stats_timeout_s, batching,
                       raise_for_batches, response_cache))

inline RunningSettings running_settings(const DeploymentConfig& config) {
  return {.max_ongoing_requests = config.max_ongoing_requests,
          .request_timeout_s = config.request_timeout_s,
          .graceful_shutdown_timeout_s = config.graceful_shutdown_timeout_s,
          .user_config = config.user_config,
          .logging_config = config.logging_config,
          .request_routing_stats_period_s = config.request_router_config.request_routing_stats_period_s,
          .request_routing_stats_timeout_s = config.request_router_config.request_routing_stats_timeout_s,
          .batching = config.batching,
          .raise_for_batches = config.raise_for_batches,
          .response_cache = config.response_cache};
}

}  // namespace manta::spec
