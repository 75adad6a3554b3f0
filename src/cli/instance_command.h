#pragma once

#include <string>

#include "cli/client_commands.h"
#include "cli/command_line.h"
#include "cli/environment.h"

namespace manta::cli {

// What `run`, `deploy`, `plan` and `diff` are to serve, as the command line names it.
DeployRequest deploy_request(const CommandLine& line);

// The commands `run` and `start`, on this machine or on a cluster. `argv0`: name of the processes; `by`: who asks, for
// the history. Returns the exit code.
int run_or_start(const CommandLine& line, const Environment& environment, const char* argv0, std::string by);

}  // namespace manta::cli
