#include "cli/run.h"

#include <csignal>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <utility>

#include <manta/detail/json.h>

#include "cli/build_command.h"
#include "cli/change_commands.h"
#include "cli/check_config_command.h"
#include "cli/client_commands.h"
#include "cli/command_line.h"
#include "cli/config_command.h"
#include "cli/config_source.h"
#include "cli/describe_command.h"
#include "cli/environment.h"
#include "cli/explain_command.h"
#include "cli/instance.h"
#include "cli/logs_command.h"
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

// What `run` serves: the file or import path with the options of the command line.
Result<spec::InstanceConfig> run_config(const CommandLine& line, const Environment& environment,
                                        spec::ConfigPlaces* places) {
  auto args = build_arguments(line.args, line.words);
  if (!args) return std::unexpected(std::move(args.error()));
  auto config = config_of_target(line.target.empty() ? own_import_path() : line.target, *args, environment, places);
  if (!config) return config;
  if (line.http_host) config->http_options.host = *line.http_host;
  if (line.http_port) config->http_options.port = *line.http_port;
  if (auto named = name_application(*config, line.name, line.route_prefix); !named)
    return std::unexpected(std::move(named.error()));
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

Result<InstanceOptions> instance_options(const CommandLine& line, const Environment& environment) {
  InstanceOptions options{
      .deploy = line.command == Command::Run,
      .admin_port = line.admin_port,
      .state_dir = line.state_dir.empty() ? environment.default_state_dir(line.admin_port) : line.state_dir,
      .verbose = line.verbose,
      .target = line.target};
  if (options.deploy) {
    auto config = run_config(line, environment, &options.places);
    if (!config) return std::unexpected(std::move(config.error()));
    options.config = std::move(*config);
  } else {
    if (line.http_host) options.config.http_options.host = *line.http_host;
    if (line.http_port) options.config.http_options.port = *line.http_port;
  }
  if (line.reload) options.read_again = [line, environment] { return run_config(line, environment, nullptr); };
  auto total = total_resources(line);
  if (!total) return std::unexpected(std::move(total.error()));
  options.total = std::move(*total);
  options.accelerator_type = line.accelerator_type;
  options.enforce_limits = line.enforce_limits;
  if (line.labels.empty()) return options;
  auto labels = detail::from_json<std::map<std::string, std::string>>(line.labels);
  if (!labels) return fail(ErrorCode::InvalidArgument, "--labels: " + labels.error().message);
  options.labels = std::move(*labels);
  return options;
}

DeployRequest deploy_request(const CommandLine& line) {
  return {.target = line.target,
          .args = line.args,
          .arguments = line.words,
          .name = line.name,
          .route_prefix = line.route_prefix};
}

int run_or_start(const CommandLine& line, const Environment& environment, const char* argv0) {
  auto options = instance_options(line, environment);
  if (!options) return complain(options.error());
  options->argv0 = std::filesystem::path(argv0).filename().string();
  return run_instance(*options, environment);
}

}  // namespace

int run(int argc, char** argv, BuildFunction* builtin_build) {
  std::signal(SIGPIPE, SIG_IGN);
  const ParsedCommandLine parsed = parse_command_line(argc, argv, builtin_build != nullptr);
  if (!parsed.line) return parsed.exit_code;
  const CommandLine& line = *parsed.line;
  const Environment environment = Environment::read();
  const auto target = line.address.empty() ? AdminTarget{.port = line.admin_port} : parse_admin_address(line.address);
  if (!target) return complain(target.error());
  const AdminTarget& admin = *target;
  switch (line.command) {
    case Command::Run:
    case Command::Start:
      return run_or_start(line, environment, argv[0]);
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
    case Command::Explain:
      return explain_command(admin, line.target);
    case Command::Config:
      return config_command(admin, line.name);
    case Command::Logs:
      return logs_command(admin, {.names = line.words, .lines = line.lines, .follow = line.follow});
    case Command::Build:
      return build_command({.import_paths = line.words, .directory = line.directory, .output = line.output},
                           environment);
    case Command::Status:
      return status_command(admin, line.name);
    case Command::Shutdown:
      return shutdown_command(admin, line.yes);
    case Command::ConfigCheck:
      return check_config_command(line.target, environment);
    case Command::Describe:
      return describe_command(line.target, line.args, environment, builtin_build);
    case Command::Place:
      return place_command({.target = line.target, .nodes = line.place.nodes, .max_replicas = line.place.max_replicas},
                           environment);
    case Command::Claim:
      return claim_command(line.claim, environment);
    case Command::Controller:
      return run_controller(line.controller, environment);
    case Command::Proxy:
      return run_proxy_role(line.proxy);
    case Command::Replica:
      return run_replica_role(line.listen_fd, environment, builtin_build);
  }
  return 2;
}

}  // namespace manta::cli
