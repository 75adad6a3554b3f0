#pragma once

#include <string>
#include <vector>

#include <manta/config.h>
#include <manta/error.h>

#include "spec/application_graph.h"
#include "spec/instance_config.h"

namespace manta::spec {

// A value that cannot be, with its place below the thing that was looked at: "ray_actor_options.num_gpus",
// "warmup[0].count".
struct Fault {
  std::string field;
  std::string message;
};

std::vector<Fault> faults(const AutoscalingConfig& config);
std::vector<Fault> faults(const DeploymentConfig& config);
std::vector<Fault> faults(const HttpOptions& options);
std::vector<Fault> faults(const LoggingConfig& config);
std::vector<Fault> faults(const ApplicationConfig& config);
std::vector<Fault> faults(const InstanceConfig& config);
std::vector<Fault> faults(const ApplicationGraph& graph);

// The first fault as InvalidArgument: message "<field>: <what>", detail the field.
template <class Config>
Result<void> validate(const Config& config) {
  const std::vector<Fault> found = faults(config);
  if (found.empty()) return {};
  return fail(ErrorCode::InvalidArgument, found.front().field + ": " + found.front().message, found.front().field);
}

}  // namespace manta::spec
