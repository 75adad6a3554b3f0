#pragma once

#include <string>

#include <manta/error.h>

#include "cli/environment.h"
#include "spec/instance_config.h"

namespace manta::cli {

// Adds the env_vars of --runtime-env (a YAML or JSON file) and --runtime-env-json to every application; the latter win.
// Other keys are told in a warning: native applications bring what they need. Empty: not given.
Result<void> add_runtime_env(spec::InstanceConfig& config, const std::string& file, const std::string& json,
                             const Environment& environment);

}  // namespace manta::cli
