#include "cli/plan_text.h"

#include <algorithm>
#include <ctime>
#include <string_view>

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

namespace manta::cli {
namespace {

char sign_of(const std::string& change) {
  if (change == "added") return '+';
  if (change == "removed") return '-';
  return change == "unchanged" ? ' ' : '~';
}

std::string replicas(int count) { return fmt::format("{} replica{}", count, count == 1 ? "" : "s"); }

// "2 replicas in waves of 1, 1; new ones start first"
std::string effect(const control::DeploymentPlan& plan) {
  const bool stays = plan.replicas_before == plan.replicas_after;
  std::string text = plan.change == "removed" || plan.change == "added" || stays
                         ? replicas(std::max(plan.replicas_before, plan.replicas_after))
                         : fmt::format("{} -> {}", plan.replicas_before, replicas(plan.replicas_after));
  if (plan.change == "unchanged") return text;
  if (plan.change == "light") return text + "; none is touched";
  if (plan.change == "reconfigure") return text + "; each is told while it serves";
  if (plan.change != "restart") return text;
  if (!plan.waves.empty()) text += fmt::format(" in waves of {}", fmt::join(plan.waves, ", "));
  return text + (plan.replacement == "stop first" ? "; old ones stop first" : "; new ones start first");
}

std::string shown(const std::string& json) { return json.empty() ? "nothing" : json; }

void add_reasons(std::string& text, std::size_t indent, const std::vector<control::FieldChange>& changes) {
  for (const control::FieldChange& change : changes) {
    text.append(indent, ' ').append(change.field);
    if (!change.before.empty() || !change.after.empty())
      text += fmt::format(": {} -> {}", shown(change.before), shown(change.after));
    text += '\n';
  }
}

std::string difference(const std::string& place, const std::vector<control::FieldChange>& changes) {
  std::string text;
  for (const control::FieldChange& change : changes) {
    if (change.before.empty() && change.after.empty()) {
      text += fmt::format("~ {}\n", change.field);
      continue;
    }
    if (!change.before.empty()) text += fmt::format("- {}: {}\n", change.field, change.before);
    if (!change.after.empty()) text += fmt::format("+ {}: {}\n", change.field, change.after);
  }
  return text.empty() ? text : place + "\n" + text;
}

std::string time_text(double unix_time_s) {
  const auto seconds = static_cast<std::time_t>(unix_time_s);
  return fmt::format("{:%Y-%m-%d %H:%M:%S}", fmt::localtime(seconds));
}

}  // namespace

std::string plan_text(const control::DeployPlan& plan) {
  std::string text = fmt::format("Plan: {}\n", plan.summary);
  for (const control::ApplicationPlan& application : plan.applications) {
    text += fmt::format("\n{} {}: {}\n", sign_of(application.change), application.name, application.change);
    add_reasons(text, 6, application.changes);
    std::size_t width = 0;
    for (const control::DeploymentPlan& deployment : application.deployments)
      width = std::max(width, deployment.name.size());
    for (const control::DeploymentPlan& deployment : application.deployments) {
      text += fmt::format("  {} {:<{}}  {:<11}  {}\n", sign_of(deployment.change), deployment.name, width,
                          deployment.change, effect(deployment));
      add_reasons(text, 6, deployment.changes);
    }
  }
  return text;
}

std::string diff_text(const control::DeployPlan& plan) {
  std::string text;
  for (const control::ApplicationPlan& application : plan.applications) {
    if (application.change == "added" || application.change == "removed")
      text += fmt::format("{} application {}\n", sign_of(application.change), application.name);
    text += difference(application.name, application.changes);
    for (const control::DeploymentPlan& deployment : application.deployments) {
      const std::string place = application.name + "/" + deployment.name;
      if (deployment.change == "added" || deployment.change == "removed")
        text += fmt::format("{} deployment {}\n", sign_of(deployment.change), place);
      else
        text += difference(place, deployment.changes);
    }
  }
  return text;
}

std::string history_text(const std::vector<control::Revision>& revisions) {
  std::string text = fmt::format("{:>10}  {:<19}  {}\n", "revision", "time", "what");
  for (const control::Revision& revision : revisions) {
    std::vector<std::string> names;
    for (const auto& [name, path] : revision.applications) names.push_back(name);
    text += fmt::format("{} {:>8}  {}  {}", revision.current ? '*' : ' ', revision.revision, time_text(revision.time_s),
                        revision.cause);
    if (!names.empty()) text += fmt::format(": {}", fmt::join(names, ", "));
    if (!revision.by.empty()) text += fmt::format(" (by {})", revision.by);
    text += '\n';
    if (!revision.note.empty()) text += fmt::format("{:>33}{}\n", "", revision.note);
  }
  return text;
}

}  // namespace manta::cli
