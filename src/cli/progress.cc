#include "cli/progress.h"

#include <algorithm>

#include <fmt/format.h>

namespace manta::cli {
namespace {

std::string replicas_text(const spec::DeploymentStatus& deployment) {
  const auto running = deployment.replica_states.find("RUNNING");
  const int count = running == deployment.replica_states.end() ? 0 : running->second;
  return fmt::format("{} replica{}", count, count == 1 ? "" : "s");
}

std::string line_of(const std::string& application, const std::string& name, const spec::DeploymentStatus& now,
                    double elapsed_s) {
  std::string line = fmt::format("{:7.2f} s  {}/{}  {}", elapsed_s, application, name, now.status);
  if (now.status == "HEALTHY") line += " (" + replicas_text(now) + ")";
  if (!now.message.empty()) line += "  " + now.message;
  return line;
}

}  // namespace

std::vector<std::string> progress_lines(const spec::InstanceStatus& before, const spec::InstanceStatus& after,
                                        double elapsed_s) {
  std::vector<std::string> lines;
  for (const auto& [name, application] : after.applications) {
    const auto known = before.applications.find(name);
    const spec::ApplicationStatus old = known == before.applications.end() ? spec::ApplicationStatus{} : known->second;
    for (const auto& [deployment_name, deployment] : application.deployments) {
      const auto was = old.deployments.find(deployment_name);
      const bool changed = was == old.deployments.end()
                               ? deployment.status == "HEALTHY" || !deployment.message.empty()
                               : was->second.status != deployment.status || was->second.message != deployment.message;
      if (changed) lines.push_back(line_of(name, deployment_name, deployment, elapsed_s));
    }
    if (old.status != application.status)
      lines.push_back(fmt::format("{:7.2f} s  {}  {}", elapsed_s, name, application.status));
  }
  return lines;
}

bool all_running(const spec::InstanceStatus& status) {
  return !status.applications.empty() &&
         std::ranges::all_of(status.applications, [](const auto& entry) { return entry.second.status == "RUNNING"; });
}

std::string deploy_failures(const spec::InstanceStatus& status) {
  std::string text;
  for (const auto& [name, application] : status.applications)
    if (application.status == "DEPLOY_FAILED")
      text += fmt::format("{}application '{}': {}", text.empty() ? "" : "\n", name, application.message);
  return text;
}

}  // namespace manta::cli
