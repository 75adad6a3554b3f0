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
#include "cli/terminal.h"
#include "control/details.h"
#include "spec/status.h"
#include "spec/status_yaml.h"

namespace manta::cli {
namespace {

constexpr Duration kTimeout = std::chrono::seconds(10);
constexpr Duration kDeployTimeout = std::chrono::minutes(10);

net::Address address_of(const AdminTarget& target) { return {fmt::format("127.0.0.1:{}", target.port)}; }

int report(const Error& error, const AdminTarget& target) {
  if (error.code == ErrorCode::Unavailable && error.status == 0)
    print_error_line(
        fmt::format("error: no instance answers at 127.0.0.1:{} ({}); is it running? --admin-port chooses another",
                    target.port, error.message));
  else
    print_error_line("error: " + error.message);
  return 1;
}

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

int deploy_command(const AdminTarget& target, const DeployRequest& request, const Environment& environment) {
  spec::ConfigPlaces places;
  auto config = config_of_target(request.target, request.args, environment, &places);
  if (!config) return report(config.error(), target);
  if (auto named = name_application(*config, request.name, request.route_prefix); !named)
    return report(named.error(), target);
  auto body = detail::to_json(*config);
  if (!body) return report(body.error(), target);
  const auto answer =
      call_and_wait(address_of(target), "PUT", "/api/serve/applications/", std::move(*body), kDeployTimeout);
  if (!answer) return report(places.located(answer.error()), target);
  print_line("deployed; `manta status` shows the progress");
  return 0;
}

int status_command(const AdminTarget& target, const std::string& application) {
  const auto answer = call_and_wait(address_of(target), "GET", "/api/serve/status", "", kTimeout);
  if (!answer) return report(answer.error(), target);
  auto status = detail::from_json<spec::InstanceStatus>(answer->body, UnknownKeys::Ignore);
  if (!status) return report(status.error(), target);
  if (!application.empty()) {
    auto found = status->applications.extract(application);
    if (found.empty())
      return report({.code = ErrorCode::NotFound, .message = fmt::format("there is no application '{}'", application)},
                    target);
    status->applications.clear();
    status->applications.insert(std::move(found));
  }
  std::fputs(spec::to_status_yaml(*status).c_str(), stdout);
  return 0;
}

int shutdown_command(const AdminTarget& target, bool confirmed) {
  const auto details = call_and_wait(address_of(target), "GET", "/api/serve/applications/", "", kTimeout);
  if (!details) return report(details.error(), target);
  if (!confirmed && !ask_for_confirmation()) return 1;
  const auto parsed = detail::from_json<control::InstanceDetails>(details->body, UnknownKeys::Ignore);
  const int agent = parsed ? open_agent(parsed->controller_info.agent_pid) : -1;
  const auto answer = call_and_wait(address_of(target), "DELETE", "/api/serve/applications/", "", kTimeout);
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
