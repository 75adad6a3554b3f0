#include "cli/run.h"

#include <algorithm>
#include <csignal>
#include <optional>
#include <string>
#include <utility>

#include <unistd.h>

#include "cli/bench_command.h"
#include "cli/build_command.h"
#include "cli/change_commands.h"
#include "cli/check_config_command.h"
#include "cli/client_commands.h"
#include "cli/command_line.h"
#include "cli/config_command.h"
#include "cli/cost_command.h"
#include "cli/describe_command.h"
#include "cli/drain_command.h"
#include "cli/environment.h"
#include "cli/events_command.h"
#include "cli/explain_command.h"
#include "cli/find_instance.h"
#include "cli/instance_command.h"
#include "cli/logs_command.h"
#include "cli/nodes_command.h"
#include "cli/roles.h"
#include "cli/systemd_command.h"
#include "cli/terminal.h"

namespace manta::cli {
namespace {

int complain(const Error& error) {
  print_error_line("error: " + error.message);
  return 1;
}

// "alice: manta deploy app.yaml"; of the words no more than two: further ones may hold secrets.
std::string who_calls(const Environment& environment, int argc, char** argv) {
  constexpr std::size_t kLongest = 150;
  std::string by =
      environment.get("USER").value_or(environment.get("LOGNAME").value_or("uid " + std::to_string(::getuid())));
  by += ": manta";
  for (int i = 1; i < std::min(argc, 3) && argv[i][0] != '-'; ++i) by += std::string(" ") + argv[i];
  std::erase_if(by, [](unsigned char c) { return c < ' ' || c > '~'; });
  return by.substr(0, kLongest);
}

int print_config(const AdminTarget& admin, const CommandLine& line) {
  const std::string& application = line.name.empty() ? line.operations.application : line.name;
  if (!line.operations.effective) return config_command(admin, application);
  return effective_config_command(admin, application, line.operations.deployment, line.operations.json);
}

// Commands that ask a running instance.
std::optional<int> ask_instance(const CommandLine& line, const AdminTarget& admin, const Environment& environment) {
  switch (line.command) {
    case Command::Deploy:
      return deploy_command(admin, deploy_request(line), environment);
    case Command::Plan:
    case Command::Diff:
      return plan_command(admin, deploy_request(line), environment, line.command == Command::Diff);
    case Command::History:
      return history_command(admin);
    case Command::Rollback:
      return rollback_command(admin, line.revision);
    case Command::Scale:
      return scale_command(admin, line.target, line.replicas);
    case Command::Traffic:
      return traffic_command(admin, line.traffic);
    case Command::Explain:
      return explain_command(admin, line.target);
    case Command::Config:
      return print_config(admin, line);
    case Command::Logs:
      return logs_command(admin, {.names = line.words, .lines = line.lines, .follow = line.follow});
    case Command::Status:
      return status_command(admin, line.name);
    case Command::Shutdown:
      return shutdown_command(admin, line.yes);
    case Command::Events:
      return events_command(admin, {.application = line.operations.application,
                                    .since = line.operations.since,
                                    .follow = line.operations.follow,
                                    .json = line.operations.json});
    case Command::Drain:
      return drain_command(admin, {.replica = line.operations.replica,
                                   .node = line.operations.node,
                                   .undo = line.operations.undo,
                                   .deadline = line.operations.deadline});
    case Command::Nodes:
      return nodes_command(admin, line.operations.json);
    case Command::ControllerHealth:
      return controller_health_command(admin, line.operations.json);
    case Command::Cost:
      return cost_command(admin, line.operations.price, line.operations.window_s, line.operations.json);
    default:
      return std::nullopt;
  }
}

// Commands that need no instance.
std::optional<int> run_alone(const CommandLine& line, const Environment& environment, BuildFunction* builtin_build) {
  switch (line.command) {
    case Command::Build:
      return build_command({.import_paths = line.words, .directory = line.directory, .output = line.output},
                           environment);
    case Command::ConfigCheck:
      return check_config_command(line.target, environment);
    case Command::Describe:
      return describe_command(line.target, line.args, environment, builtin_build);
    case Command::Simulate:
      return simulate_command(line.simulate, environment);
    case Command::Place:
      return place_command({.target = line.target, .nodes = line.place.nodes, .max_replicas = line.place.max_replicas},
                           environment);
    case Command::Bench:
      return bench_command(line.bench);
    case Command::Systemd:
      return systemd_command(line.systemd);
    case Command::Claim:
      return claim_command(line.claim, environment);
    default:
      return std::nullopt;
  }
}

// Processes of an instance.
std::optional<int> run_role(const CommandLine& line, const Environment& environment, BuildFunction* builtin_build) {
  switch (line.command) {
    case Command::Controller:
      return run_controller(line.controller, environment);
    case Command::Proxy:
      return run_proxy_role(line.proxy, environment);
    case Command::PolicyHost:
      return run_policy_host(environment, builtin_build);
    case Command::Replica:
      return run_replica_role(line.listen_fd, environment, builtin_build);
    default:
      return std::nullopt;
  }
}

}  // namespace

int run(int argc, char** argv, BuildFunction* builtin_build) {
  std::signal(SIGPIPE, SIG_IGN);
  const ParsedCommandLine parsed = parse_command_line(argc, argv, builtin_build != nullptr);
  if (!parsed.line) return parsed.exit_code;
  const CommandLine& line = *parsed.line;
  const Environment environment = Environment::read();
  if (const auto role = run_role(line, environment, builtin_build)) return *role;
  if (const auto alone = run_alone(line, environment, builtin_build)) return *alone;
  const bool starts = line.command == Command::Run || line.command == Command::Start;
  if (starts) return run_or_start(line, environment, argv[0], who_calls(environment, argc, argv));
  auto target = find_instance(line.address, line.admin_port, environment);
  if (!target) return complain(target.error());
  if (const auto is_manta = check_is_manta(*target); !is_manta) return complain(is_manta.error());
  target->by = who_calls(environment, argc, argv);
  return ask_instance(line, *target, environment).value_or(2);
}

}  // namespace manta::cli
