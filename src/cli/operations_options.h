#pragma once

#include <optional>
#include <string>

#include <CLI/CLI.hpp>

namespace manta::cli {

struct CommandLine;

// What the commands of operations take besides the admin address.
struct OperationsArguments {
  std::string application, since;  // of events
  bool follow = false;
  bool json = false;
  std::string replica, node;  // of drain
  bool undo = false;
  std::string deadline;    // of drain: "90s"
  double price = 0;        // of cost: dollars an hour
  double window_s = 10;    // of cost: how long requests are counted
  bool effective = false;  // of config
  std::string deployment;
};

// events, drain, nodes, systemd, controller-health, cost.
void add_operations_commands(CLI::App& app, CommandLine& line);

}  // namespace manta::cli
