#include "cli/client_commands.h"

#include <chrono>
#include <cstdio>
#include <iostream>
#include <utility>

#include <fmt/format.h>
#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <manta/detail/json.h>

#include "cli/call.h"
#include "cli/config_source.h"
#include "cli/nodes_command.h"
#include "cli/nodes_text.h"
#include "cli/runtime_env.h"
#include "cli/terminal.h"
#include "spec/config_json.h"
#include "spec/json_to_yaml.h"
#include "spec/status.h"
#include "spec/status_yaml.h"

namespace manta::cli {
namespace {

bool ask_for_confirmation() {
  std::fputs("This will stop the instance and delete all its applications. Continue? [y/N]: ", stdout);
  std::fflush(stdout);
  std::string answer;
  std::getline(std::cin, answer);
  return answer == "y" || answer == "Y" || answer == "yes";
}

// The process that runs the instance, to wait for its end.
int open_agent(int pid) { return pid > 0 ? static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)) : -1; }

}  // namespace

Result<spec::InstanceConfig> requested_config(const DeployRequest& request, const Environment& environment,
                                              spec::ConfigPlaces& places) {
  const auto args = build_arguments(request.args, request.arguments);
  if (!args) return std::unexpected(args.error());
  auto config = config_of_target(request.target, *args, environment, &places, request.directory);
  if (!config) return config;
  const bool has_environment = !request.runtime_env.empty() || !request.runtime_env_json.empty();
  if (has_environment && !places.file_name.empty())
    return fail(ErrorCode::InvalidArgument,
                "--runtime-env belongs to an import path; a file has its own `runtime_env`");
  if (has_environment)
    if (auto added = add_runtime_env(*config, request.runtime_env, request.runtime_env_json, environment); !added)
      return std::unexpected(std::move(added.error()));
  if (auto named = name_application(*config, request.name, request.route_prefix); !named)
    return std::unexpected(std::move(named.error()));
  return config;
}

int deploy_command(const AdminTarget& target, const DeployRequest& request, const Environment& environment) {
  spec::ConfigPlaces places;
  const auto config = requested_config(request, environment, places);
  if (!config) return report(config.error(), target);
  const auto answer = ask(target, "PUT", "/api/serve/applications/", spec::deploy_json(*config), kDeployTimeout);
  if (!answer) return report(places.located(answer.error()), target);
  print_line("deployed; `manta status` shows the progress");
  return 0;
}

int status_command(const AdminTarget& target, const std::string& application) {
  const auto answer = ask(target, "GET", "/api/serve/status");
  if (!answer) return report(answer.error(), target);
  auto status = detail::from_json<spec::InstanceStatus>(answer->body, UnknownKeys::Ignore);
  if (!status) return report(status.error(), target);
  if (application.empty()) {
    const auto nodes = nodes_of(target);
    if (!nodes) return report(nodes.error(), target);
    std::fputs((spec::to_status_yaml(*status) + nodes_status_yaml(*nodes)).c_str(), stdout);
    return 0;
  }
  const auto found = status->applications.find(application);
  if (found == status->applications.end())
    return report({.code = ErrorCode::NotFound, .message = fmt::format("there is no application '{}'", application)},
                  target);
  std::fputs(spec::json_to_yaml(detail::to_json(found->second).value_or("{}")).c_str(), stdout);
  return 0;
}

// Where nothing runs there is nothing to stop: as with Ray Serve no failure.
int shutdown_command(const AdminTarget& target, bool confirmed) {
  const auto details = instance_details(target);
  if (!details) {
    const bool nobody_answers = details.error().code == ErrorCode::Unavailable && details.error().status == 0;
    return report(details.error(), target), nobody_answers ? 0 : 1;
  }
  if (!confirmed && !ask_for_confirmation()) return 1;
  const int agent = open_agent(details->controller_info.agent_pid);
  const auto answer = ask(target, "DELETE", "/api/serve/applications/");
  if (!answer) return report(answer.error(), target);
  if (agent >= 0) {
    pollfd ended{.fd = agent, .events = POLLIN, .revents = 0};
    ::poll(&ended, 1, -1);
    ::close(agent);
  }
  print_line("stopped");
  return 0;
}

}  // namespace manta::cli
