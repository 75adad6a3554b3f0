#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <manta/error.h>

#include "spec/instance_config.h"
#include "spec/interpolate.h"

namespace manta::spec {

// Reads a configuration file: Ray Serve's format with our additions (docs/reference/configuration.md), also inside the
// `serveConfigV2` text of a Kubernetes resource. All errors are told at once, a line each, as InvalidArgument:
//   app.yaml:12:5: unknown key 'num_replica' in applications[0].deployments[1]; did you mean 'num_replicas'?
// Known keys that nothing acts on are told in `warnings`, in the same form. ${NAME} is resolved with `lookup`.
Result<InstanceConfig> parse_config(std::string_view yaml, const std::string& file_name,
                                    const EnvironmentLookup& lookup, std::vector<std::string>* warnings = nullptr);

}  // namespace manta::spec
