#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <manta/error.h>

#include "spec/instance_config.h"
#include "spec/interpolate.h"
#include "spec/yaml_document.h"

namespace manta::spec {

// Where the things of a configuration stand in their file, for errors that are found after it was read. Default: it
// came from no file.
struct ConfigPlaces {
  std::string file_name;
  YamlDocument document;

  // With "app.yaml:12:5: " before the message, if the error's detail is a path in the file
  // ("$.applications[0].deployments[1].name") and the message does not name the file yet.
  Error located(Error error) const;
};

// Reads a configuration file: Ray Serve's format with our additions (docs/reference/configuration.md), also inside the
// `serveConfigV2` text of a Kubernetes resource. All errors are told at once, a line each, as InvalidArgument:
//   app.yaml:12:5: unknown key 'num_replica' in applications[0].deployments[1]; did you mean 'num_replicas'?
// Known keys that nothing acts on are told in `warnings`, in the same form. ${NAME} is resolved with `lookup`.
Result<InstanceConfig> parse_config(std::string_view yaml, const std::string& file_name,
                                    const EnvironmentLookup& lookup, std::vector<std::string>* warnings = nullptr,
                                    ConfigPlaces* places = nullptr);

}  // namespace manta::spec
