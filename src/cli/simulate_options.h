#pragma once

#include "cli/command_line.h"

namespace CLI {
class App;
}

namespace manta::cli {

// The subcommand `simulate`.
void add_simulate_command(CLI::App& app, CommandLine& line);

}  // namespace manta::cli
