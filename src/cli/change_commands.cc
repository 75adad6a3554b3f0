#include "cli/change_commands.h"

#include <chrono>
#include <cstdio>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <manta/detail/json.h>

#include "cli/call.h"
#include "cli/deployment_name.h"
#include "cli/plan_text.h"
#include "cli/terminal.h"
#include "control/deploy_plan.h"
#include "spec/config_json.h"

namespace manta::cli {
int plan_command(const AdminTarget& target, const DeployRequest& request, const Environment& environment,
                 bool only_fields) {
  spec::ConfigPlaces places;
  const auto config = requested_config(request, environment, places);
  if (!config) return report(config.error(), target);
  const auto answer = ask(target, "POST", "/api/serve/plan", spec::config_json(*config), kDeployTimeout);
  if (!answer) return report(places.located(answer.error()), target);
  const auto plan = detail::from_json<control::DeployPlan>(answer->body, UnknownKeys::Ignore);
  if (!plan) return report(plan.error(), target);
  std::fputs((only_fields ? diff_text(*plan) : plan_text(*plan)).c_str(), stdout);
  return 0;
}

int history_command(const AdminTarget& target) {
  const auto answer = ask(target, "GET", "/api/serve/history");
  if (!answer) return report(answer.error(), target);
  const auto revisions = detail::from_json<std::vector<control::Revision>>(answer->body, UnknownKeys::Ignore);
  if (!revisions) return report(revisions.error(), target);
  std::fputs(history_text(*revisions).c_str(), stdout);
  return 0;
}

int rollback_command(const AdminTarget& target, std::optional<std::int64_t> revision) {
  const auto answer =
      ask(target, "POST", "/api/serve/rollback", revision ? fmt::format("{{\"revision\":{}}}", *revision) : "{}");
  if (!answer) return report(answer.error(), target);
  print_line("rolled back; `manta status` shows the progress");
  return 0;
}

int scale_command(const AdminTarget& target, const std::string& name, int replicas) {
  const auto details = instance_details(target);
  if (!details) return report(details.error(), target);
  const auto found = find_deployment(*details, name);
  if (!found) return report(found.error(), target);
  const auto& [application, deployment] = *found;
  const bool external = details->applications.at(application).external_scaler_enabled;
  const auto answer =
      external
          ? ask(target, "POST", fmt::format("/api/v1/applications/{}/deployments/{}/scale", application, deployment),
                fmt::format("{{\"target_num_replicas\":{}}}", replicas))
          : ask(target, "PATCH", "/api/serve/applications/" + application,
                fmt::format("{{\"deployments\":[{{\"name\":{},\"num_replicas\":{}}}]}}",
                            detail::to_json(deployment).value_or(""), replicas),
                kDeployTimeout);
  if (!answer) return report(answer.error(), target);
  print_line(fmt::format("{}/{} is to have {} replica{}", application, deployment, replicas, replicas == 1 ? "" : "s"));
  return 0;
}

}  // namespace manta::cli
