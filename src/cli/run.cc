#include "cli/run.h"

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <optional>
#include <utility>

#include <unistd.h>

#include <manta/detail/json.h>

#include "cli/bench_command.h"
#include "cli/build_command.h"
#include "cli/change_commands.h"
#include "cli/check_config_command.h"
#include "cli/client_commands.h"
#include "cli/command_line.h"
#include "cli/config_command.h"
#include "cli/config_source.h"
#include "cli/cost_command.h"
#include "cli/describe_command.h"
#include "cli/drain_command.h"
#include "cli/environment.h"
#include "cli/events_command.h"
#include "cli/explain_command.h"
#include "cli/instance.h"
#include "cli/logs_command.h"
#include "cli/nodes_command.h"
#include "cli/roles.h"
#include "cli/terminal.h"

namespace manta::cli {
namespace {

int complain(const Error& error) {
  print_error_line("error: " + error.message);
  return 1;
}

// The executable that holds the application, as an import path.
std::string own_import_path() {
  std::error_code ignored;
  return "exec:" + std::filesystem::read_symlink("/proc/self/exe", ignored).string();
}

DeployRequest deploy_request(const CommandLine& line) {
  return {.target = line.target,
          .args = line.args,
          .arguments = line.words,
          .name = line.name,
          .route_prefix = line.route_prefix,
          .directory = line.app_dir.empty() ? line.working_dir : line.app_dir,
          .runtime_env = line.runtime_env,
          .runtime_env_json = line.runtime_env_json};
}

// What the command line says of the instance wins over the file.
void set_instance(const CommandLine& line, spec::InstanceConfig& config) {
  if (line.http_host) config.http_options.host = *line.http_host;
  if (line.http_port) config.http_options.port = *line.http_port;
  if (line.proxy_location) config.proxy_location = *line.proxy_location;
}

// What `run` serves: the file or import path with the options of the command line.
Result<spec::InstanceConfig> run_config(const CommandLine& line, const Environment& environment,
                                        spec::ConfigPlaces* places) {
  DeployRequest request = deploy_request(line);
  if (request.target.empty()) request.target = own_import_path();
  spec::ConfigPlaces unused;
  auto config = requested_config(request, environment, places == nullptr ? unused : *places);
  if (config) set_instance(line, *config);
  return config;
}

// What replicas may use: what the machine has, unless the command line says otherwise.
Result<Resources> total_resources(const CommandLine& line) {
  Resources total = machine_resources();
  if (line.num_cpus) total.num_cpus = *line.num_cpus;
  if (line.num_gpus) total.num_gpus = *line.num_gpus;
  if (line.memory) total.memory = *line.memory;
  if (line.resources.empty()) return total;
  auto custom = detail::from_json<std::map<std::string, double>>(line.resources);
  if (!custom) return fail(ErrorCode::InvalidArgument, "--resources: " + custom.error().message);
  total.resources = std::move(*custom);
  return total;
}

// --address of `start` says only where it listens: on this machine.
Result<int> admin_port_of(const CommandLine& line) {
  if (line.address.empty() || line.address == "auto") return line.admin_port;
  const auto address = parse_admin_address(line.address);
  if (!address) return std::unexpected(address.error());
  if (address->host != "127.0.0.1")
    return fail(ErrorCode::InvalidArgument,
                "--address " + line.address + ": an instance starts on this machine; expected http://localhost:PORT");
  return address->port;
}

Result<InstanceOptions> instance_options(const CommandLine& line, const Environment& environment, int admin_port) {
  InstanceOptions options{
      .deploy = line.command == Command::Run,
      .admin_port = admin_port,
      .state_dir = line.state_dir.empty() ? environment.default_state_dir(admin_port) : line.state_dir,
      .verbose = line.verbose,
      .target = line.target};
  if (options.deploy) {
    auto config = run_config(line, environment, &options.places);
    if (!config) return std::unexpected(std::move(config.error()));
    options.config = std::move(*config);
  } else {
    set_instance(line, options.config);
  }
  if (line.reload) options.read_again = [line, environment] { return run_config(line, environment, nullptr); };
  auto total = total_resources(line);
  if (!total) return std::unexpected(std::move(total.error()));
  options.total = std::move(*total);
  options.metrics_port = line.metrics_port;
  options.accelerator_type = line.accelerator_type;
  options.enforce_limits = line.enforce_limits;
  if (line.labels.empty()) return options;
  auto labels = detail::from_json<std::map<std::string, std::string>>(line.labels);
  if (!labels) return fail(ErrorCode::InvalidArgument, "--labels: " + labels.error().message);
  options.labels = std::move(*labels);
  return options;
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
  if (application.empty()) return print_error_line("error: --effective needs the name of an application"), 2;
  return effective_config_command(admin, application, line.operations.deployment, line.operations.json);
}

int run_or_start(const CommandLine& line, const Environment& environment, const char* argv0, std::string by) {
  const auto admin_port = admin_port_of(line);
  if (!admin_port) return complain(admin_port.error());
  auto options = instance_options(line, environment, *admin_port);
  if (!options) return complain(options.error());
  options->argv0 = std::filesystem::path(argv0).filename().string();
  options->by = std::move(by);
  return run_instance(*options, environment);
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
      return drain_command(
          admin, {.replica = line.operations.replica, .node = line.operations.node, .undo = line.operations.undo});
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
      return run_proxy_role(line.proxy);
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
  auto target =
      line.address.empty() || starts ? AdminTarget{.port = line.admin_port} : parse_admin_address(line.address);
  if (!target) return complain(target.error());
  target->by = who_calls(environment, argc, argv);
  if (starts) return run_or_start(line, environment, argv[0], target->by);
  return ask_instance(line, *target, environment).value_or(2);
}

}  // namespace manta::cli
