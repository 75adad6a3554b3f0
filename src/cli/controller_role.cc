#include <chrono>
#include <cstdio>
#include <optional>
#include <random>
#include <utility>

#include <manta/detail/json.h>

#include "cli/controller_ways.h"
#include "cli/instance_record.h"
#include "cli/packing_options.h"
#include "cli/roles.h"

namespace manta::cli {
namespace {

std::optional<Duration> seconds_of(const Environment& environment, const std::string& name) {
  const auto text = environment.get(name);
  const auto value = text ? detail::from_json<double>(*text) : Result<double>(0);
  if (!value || !(*value > 0 && *value < 1e6)) return std::nullopt;
  return std::chrono::duration_cast<Duration>(std::chrono::duration<double>(*value));
}

}  // namespace

ProxyCheckOptions proxy_check_options(const Environment& environment) {
  ProxyCheckOptions options;
  options.period = seconds_of(environment, "MANTA_PROXY_HEALTH_CHECK_PERIOD_S").value_or(options.period);
  options.timeout = seconds_of(environment, "MANTA_PROXY_HEALTH_CHECK_TIMEOUT_S").value_or(options.timeout);
  return options;
}

Duration min_draining_period(const Environment& environment) {
  return seconds_of(environment, "MANTA_PROXY_MIN_DRAINING_PERIOD_S").value_or(std::chrono::seconds(30));
}

Result<OpenedController> open_controller(const ControllerArguments& arguments, const Environment& environment) {
  auto http = detail::from_json<spec::HttpOptions>(arguments.http_options);
  if (!http) return fail(ErrorCode::InvalidArgument, "--http-options: " + http.error().message);
  OpenedController opened{.paths = runtime::instance_paths(arguments.state_dir, environment.runtime_root()),
                          .http = std::move(*http),
                          .store = nullptr};
  auto store = control::StateStore::open(opened.paths.store());
  if (!store) return std::unexpected(std::move(store.error()));
  opened.store = std::move(*store);
  return opened;
}

control::ControllerOptions controller_options(const ControllerArguments& arguments, const Environment& environment,
                                              const runtime::InstancePaths& paths, spec::HttpOptions http,
                                              std::string socket, std::string address) {
  return {.controller_socket = std::move(socket),
          .controller_address = std::move(address),
          .log_file_path = paths.log("controller"),
          .proxy_location = arguments.proxy_location,
          .http = std::move(http),
          .packing = packing_options(environment),
          .seed = std::random_device{}()};
}

int fail_controller(const Error& error) {
  std::fprintf(stderr, "%s\n", error.message.c_str());
  return error.code == ErrorCode::InvalidArgument ? 2 : 1;
}

int run_controller(const ControllerArguments& arguments, const Environment& environment) {
  return arguments.backend == kRayBackend ? run_cluster_controller(arguments, environment)
                                          : run_local_controller(arguments, environment);
}

}  // namespace manta::cli
