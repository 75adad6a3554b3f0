#pragma once

#include "cli/command_line.h"

namespace CLI {
class App;
}

namespace manta::cli {

// The subcommands `place` and `claim`.
void add_placement_commands(CLI::App& app, CommandLine& line);

}  // namespace manta::cli
