#pragma once

#include <optional>
#include <string>

#include "cli/role_arguments.h"

namespace manta::cli {

enum class Command { Run, Start, Deploy, Status, Shutdown, ConfigCheck, Describe, Controller, Proxy, Replica };

// The command line as it was typed; what was not given is empty.
struct CommandLine {
  Command command = Command::Run;
  std::string target;  // file or import path
  std::string args;    // JSON for build()
  std::string name, route_prefix;
  std::optional<std::string> http_host;
  std::optional<int> http_port;
  int admin_port = 8265;
  std::string state_dir;
  std::optional<double> num_cpus, num_gpus, memory;
  std::string resources;  // JSON object
  bool verbose = false;
  bool yes = false;
  ControllerArguments controller;
  ProxyArguments proxy;
  int listen_fd = -1;  // of a replica
};

struct ParsedCommandLine {
  std::optional<CommandLine> line;  // absent: exit with `exit_code`, everything has been printed
  int exit_code = 0;
};

// `has_builtin`: the executable holds an application, so that `run` needs no target. Exit code 2 for a wrong command
// line.
ParsedCommandLine parse_command_line(int argc, char** argv, bool has_builtin);

}  // namespace manta::cli
