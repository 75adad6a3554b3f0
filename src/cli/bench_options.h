#pragma once

#include <CLI/CLI.hpp>

namespace manta::cli {

struct CommandLine;

void add_bench_command(CLI::App& app, CommandLine& line);

}  // namespace manta::cli
