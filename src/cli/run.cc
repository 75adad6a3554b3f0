#include "cli/run.h"

#include <csignal>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <utility>

#include <manta/detail/json.h>

#include "cli/check_config_command.h"
#include "cli/client_commands.h"
#include "cli/command_line.h"
#include "cli/config_source.h"
#include "cli/describe_command.h"
#include "cli/environment.h"
#include "cli/instance.h"
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

Result<InstanceOptions> instance_options(const CommandLine& line, const Environment& environment) {
  InstanceOptions options{.deploy = line.command == Command::Run,
                          .admin_port = line.admin_port,
                          .state_dir = line.state_dir,
                          .verbose = line.verbose};
  if (options.deploy) {
    auto config = config_of_target(line.target.empty() ? own_import_path() : line.target, line.args, environment,
                                   &options.places);
    if (!config) return std::unexpected(std::move(config.error()));
    options.config = std::move(*config);
  }
  if (line.http_host) options.config.http_options.host = *line.http_host;
  if (line.http_port) options.config.http_options.port = *line.http_port;
  if (auto named = name_application(options.config, line.name, line.route_prefix); !named)
    return std::unexpected(std::move(named.error()));
  if (options.state_dir.empty()) options.state_dir = environment.default_state_dir(line.admin_port);
  options.total = machine_resources();
  if (line.num_cpus) options.total.num_cpus = *line.num_cpus;
  if (line.num_gpus) options.total.num_gpus = *line.num_gpus;
  if (line.memory) options.total.memory = *line.memory;
  if (line.resources.empty()) return options;
  auto custom = detail::from_json<std::map<std::string, double>>(line.resources);
  if (!custom) return fail(ErrorCode::InvalidArgument, "--resources: " + custom.error().message);
  options.total.resources = std::move(*custom);
  return options;
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
  const AdminTarget admin{.port = line.admin_port};
  switch (line.command) {
    case Command::Run:
    case Command::Start:
      return run_or_start(line, environment, argv[0]);
    case Command::Deploy:
      return deploy_command(
          admin, {.target = line.target, .args = line.args, .name = line.name, .route_prefix = line.route_prefix},
          environment);
    case Command::Status:
      return status_command(admin, line.name);
    case Command::Shutdown:
      return shutdown_command(admin, line.yes);
    case Command::ConfigCheck:
      return check_config_command(line.target, environment);
    case Command::Describe:
      return describe_command(line.target, line.args, environment, builtin_build);
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
