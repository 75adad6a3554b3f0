#pragma once

#include <string>

#include "simulate/timeline.h"

namespace manta::simulate {

// The report for people: a table over time, then the totals.
std::string report_text(const Report& report);

}  // namespace manta::simulate
