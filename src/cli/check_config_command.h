#pragma once

#include <string>

#include "cli/environment.h"

namespace manta::cli {

// `config check`: reads the file, describes every application that it names in a child, as a deploy would, and applies
// the overrides. Nothing is deployed. Prints the first thing that is wrong, or that the file is valid; returns the exit
// code.
int check_config_command(const std::string& file, const Environment& environment);

}  // namespace manta::cli
