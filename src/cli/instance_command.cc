#include "cli/instance_command.h"

#include <filesystem>
#include <map>
#include <optional>
#include <utility>

#include <manta/detail/json.h>

#include "cli/background.h"
#include "cli/cluster/start.h"
#include "cli/find_instance.h"
#include "cli/instance.h"
#include "cli/instance_record.h"
#include "cli/terminal.h"

namespace manta::cli {
namespace {

int fail_command(const Error& error) {
  print_error_line("error: " + error.message);
  return 1;
}

// The executable that holds the application, as an import path.
std::string own_import_path() {
  std::error_code ignored;
  return "exec:" + std::filesystem::read_symlink("/proc/self/exe", ignored).string();
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
Result<std::optional<int>> admin_port_of(const CommandLine& line) {
  if (line.address.empty() || line.address == "auto") return line.admin_port;
  const auto address = parse_admin_address(line.address);
  if (!address) return std::unexpected(address.error());
  if (address->host != "127.0.0.1")
    return fail(ErrorCode::InvalidArgument,
                "--address " + line.address + ": an instance starts on this machine; expected http://localhost:PORT");
  return address->port;
}

bool names_http_port(const CommandLine& line, const spec::ConfigPlaces& places) {
  return line.http_port || places.document.values.contains("$.http_options.port");
}

Result<InstanceOptions> instance_options(const CommandLine& line, const Environment& environment,
                                         std::optional<int> admin_port) {
  InstanceOptions options{.deploy = line.command == Command::Run,
                          .admin_port = admin_port,
                          .state_dir = line.state_dir.empty()
                                           ? environment.default_state_dir(admin_port.value_or(kDefaultAdminPort))
                                           : line.state_dir,
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
  options.http_port_is_given = names_http_port(line, options.places);
  options.metrics_port = line.metrics_port;
  options.accelerator_type = line.accelerator_type;
  options.enforce_limits = line.enforce_limits;
  if (line.labels.empty()) return options;
  auto labels = detail::from_json<std::map<std::string, std::string>>(line.labels);
  if (!labels) return fail(ErrorCode::InvalidArgument, "--labels: " + labels.error().message);
  options.labels = std::move(*labels);
  return options;
}

}  // namespace

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

int run_or_start(const CommandLine& line, const Environment& environment, const char* argv0, std::string by) {
  const bool on_cluster = line.cluster.backend == kRayBackend;
  if (on_cluster && line.address.empty())
    return print_error_line("error: --backend ray needs --address, the head of the cluster: HOST:6379"), 2;
  const auto admin_port = on_cluster ? line.admin_port : admin_port_of(line);
  if (!admin_port) return fail_command(admin_port.error());
  auto options = instance_options(line, environment, *admin_port);
  if (!options) return fail_command(options.error());
  options->argv0 = std::filesystem::path(argv0).filename().string();
  options->by = std::move(by);
  if (!on_cluster) {
    if (!line.cluster.detach) return run_instance(*options, environment);
    if (const auto exit_code = go_to_background(options->ready_fd)) return *exit_code;
    return run_instance(*options, environment);
  }
  if (!line.http_host) options->config.http_options.host = "0.0.0.0";  // every node is to be reached
  return start_on_cluster(line.cluster, line.address, *options, environment);
}

}  // namespace manta::cli
