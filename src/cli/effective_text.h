#pragma once

#include <string>

#include "control/effective_config.h"

namespace manta::cli {

// A table of key, value and origin for the application and its deployments; only one of these, if it is named. Empty
// when there is none of that name.
std::string effective_text(const control::EffectiveConfig& config, const std::string& deployment);

}  // namespace manta::cli
