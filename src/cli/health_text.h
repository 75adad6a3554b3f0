#pragma once

#include <string>

#include "control/controller_health.h"

namespace manta::cli {

// A table of what `manta controller-health` shows: a line for each figure, durations in milliseconds.
std::string health_text(const control::ControllerHealth& health);

}  // namespace manta::cli
