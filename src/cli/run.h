#pragma once

#include "cli/build_function.h"

namespace manta::cli {

// The command line of the `manta` binary and of executables that hold their application (`builtin_build`, else null).
// Returns the exit code: 0, 1 when something failed, 2 for a wrong command line.
int run(int argc, char** argv, BuildFunction* builtin_build);

}  // namespace manta::cli
