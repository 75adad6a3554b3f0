#pragma once

#include <map>
#include <string>
#include <string_view>

#include <manta/error.h>

#include "simulate/draw.h"

namespace manta::simulate {

// How long something takes: log-normal around a mean.
struct ServiceTime {
  double mean_s = 0;
  double spread_s = 0;  // standard deviation; 0: always the same
  int batch = 1;        // requests that are served together in that time
  int parallel = 0;     // requests (or batches) at a time; 0: compute_threads of the deployment
  bool operator==(const ServiceTime&) const = default;

  Duration draw(Random& random) const;
};

// "200ms", "0.2s", "2m", "1h"; without a unit seconds. InvalidArgument.
Result<double> parse_seconds(std::string_view text);

// "0.2s", "0.2s~50ms" (spread), "20ms x32" (batches of up to 32), "0.2s *4" (four at a time), or together.
Result<ServiceTime> parse_service_time(std::string_view text);

// By deployment.
struct ServiceTimes {
  ServiceTime otherwise;
  std::map<std::string, ServiceTime> by_deployment = {};

  const ServiceTime& of(const std::string& deployment) const;
  // Adds "DEPLOYMENT=TIME", or "TIME" for all that are not named.
  Result<void> add(std::string_view text);
};

}  // namespace manta::simulate
