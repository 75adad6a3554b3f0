#pragma once

#include <string>

#include <CLI/CLI.hpp>

#include "cli/command_line.h"

namespace manta::cli {

void add_admin_port(CLI::App& command, CommandLine& line, const std::string& meaning);
void add_address(CLI::App& command, CommandLine& line);
// Ray Serve's flags of a gRPC proxy, which there is none of: a script that has them goes on.
void add_grpc_options(CLI::App& command);
// Of commands that take a file or an import path to serve.
void add_target_options(CLI::App& command, CommandLine& line);

// Commands that talk to a running instance.
void add_client_commands(CLI::App& app, CommandLine& line);
// Commands that need no instance.
void add_file_commands(CLI::App& app, CommandLine& line, bool has_builtin);

}  // namespace manta::cli
