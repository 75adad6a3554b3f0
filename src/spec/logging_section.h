#pragma once

#include <optional>

#include <manta/logging_config.h>

#include "spec/config_section.h"

namespace manta::spec {

// The `logging_config` of a file, an application or a deployment, if it is given. Ray Serve's spellings are taken:
// "debug" and 10 for DEBUG, "json" for JSON, {"encoding": null} for the default.
std::optional<LoggingConfig> read_logging(Section& parent);

}  // namespace manta::spec
