#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cli/bench_command.h"
#include "cli/cluster/options.h"
#include "cli/operations_options.h"
#include "cli/place_command.h"
#include "cli/role_arguments.h"
#include "cli/simulate_command.h"
#include "cli/systemd_command.h"
#include "cli/traffic_command.h"

namespace manta::cli {

enum class Command {
  Run,
  Start,
  Deploy,
  Config,
  Status,
  Plan,
  Diff,
  History,
  Rollback,
  Scale,
  Traffic,
  Explain,
  Shutdown,
  Logs,
  Build,
  ConfigCheck,
  Describe,
  Events,
  Drain,
  Nodes,
  Systemd,
  ControllerHealth,
  Cost,
  Place,
  Claim,
  Simulate,
  Bench,
  Controller,
  PolicyHost,
  Proxy,
  Replica
};

// The command line as it was typed; what was not given is empty.
struct CommandLine {
  Command command = Command::Run;
  std::string target;              // file or import path
  std::string args;                // JSON for build()
  std::vector<std::string> words;  // further ones: key=value for build(), names, import paths
  std::string name, route_prefix;
  std::optional<std::string> http_host;
  std::optional<int> http_port;
  std::optional<int> admin_port;
  std::optional<int> metrics_port;
  std::string address;  // of the admin port: http://HOST:PORT; with --backend ray of the cluster's head: HOST:PORT
  std::string state_dir;
  std::optional<double> num_cpus, num_gpus, memory;
  std::string resources;  // JSON object
  std::optional<std::string> proxy_location;
  std::string app_dir, working_dir;           // that an import path is relative to; the first wins
  std::string runtime_env, runtime_env_json;  // a file; JSON
  bool verbose = false;
  bool yes = false;
  std::optional<std::int64_t> revision;
  int replicas = 0;
  bool reload = false;
  bool follow = false;
  std::size_t lines = 100;
  std::string directory = ".", output;
  std::string labels;  // JSON object
  std::string accelerator_type;
  bool enforce_limits = false;
  OperationsArguments operations;
  SystemdRequest systemd;
  PlaceRequest place;
  SimulateRequest simulate;
  BenchRequest bench;
  TrafficRequestLine traffic;
  ClaimRequestLine claim;
  ClusterArguments cluster;
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
