#pragma once

#include <string>

#include "cli/build_function.h"
#include "cli/environment.h"

namespace manta::cli {

// `describe`: builds and prints {"applications": [...]} on standard output. What build() itself prints goes to standard
// error. Without an import path it describes `builtin_build`. Returns the exit code.
int describe_command(const std::string& import_path, const std::string& args, const Environment& environment,
                     BuildFunction* builtin_build);

}  // namespace manta::cli
