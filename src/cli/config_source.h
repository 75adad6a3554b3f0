#pragma once

#include <optional>
#include <string>
#include <vector>

#include <manta/error.h>

#include "cli/environment.h"
#include "spec/instance_config.h"
#include "spec/parse_config.h"

namespace manta::cli {

// Reads a configuration file: environment resolved, relative import paths made absolute (they are relative to the
// file), every file that it names looked for. Errors are one line that starts with "FILE:LINE:COLUMN: " where the place
// is known. Warnings are printed. `places`: for what is found wrong later.
Result<spec::InstanceConfig> read_config_file(const std::string& path, const Environment& environment,
                                              spec::ConfigPlaces* places = nullptr);

// The configuration for what stands behind `run`: a YAML file or an import path (relative to `directory`, itself to the
// working directory). `args`: JSON object for build(); only with an import path.
Result<spec::InstanceConfig> config_of_target(const std::string& target, const std::string& args,
                                              const Environment& environment, spec::ConfigPlaces* places = nullptr,
                                              const std::string& directory = {});

// The arguments of build() as one JSON object: `args`, itself one, with `words` "key=value" added; a value is what YAML
// takes it for (4 is a number, true a boolean, anything else text). Empty when nothing is given.
Result<std::string> build_arguments(const std::string& args, const std::vector<std::string>& words);

// --name and --route-prefix, where they are not empty. InvalidArgument if the configuration has several applications.
Result<void> name_application(spec::InstanceConfig& config, const std::string& name, const std::string& route_prefix);

// The same import path with an absolute file, which must exist; the error says what is missing and what may be meant.
Result<std::string> absolute_import_path(const std::string& import_path, const std::string& directory);

}  // namespace manta::cli
