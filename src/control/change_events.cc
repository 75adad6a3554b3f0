#include "control/change_events.h"

#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <manta/detail/json.h>

namespace manta::control {
namespace {

// "num_replicas 1 -> 2"; of texts only the name: they may be long, or secret.
std::string field_text(const FieldChange& change) {
  const auto is_plain = [](const std::string& json) {
    return json == "null" || json == "true" || json == "false" ||
           json.find_first_not_of("-+.0123456789eE") == json.npos;
  };
  if (change.before.empty() || change.after.empty() || !is_plain(change.before) || !is_plain(change.after))
    return change.field;
  return fmt::format("{} {} -> {}", change.field, change.before, change.after);
}

std::string fields_text(const std::vector<FieldChange>& changes) {
  std::vector<std::string> fields;
  for (const FieldChange& change : changes) fields.push_back(field_text(change));
  return fields.empty() ? "" : fmt::format(" ({})", fmt::join(fields, ", "));
}

std::string verb_of(const std::string& change) {
  if (change == "restart") return "restarts";
  if (change == "reconfigure") return "is reconfigured in place";
  if (change == "light") return "changes";
  return "is " + change;
}

std::string application_text(const ApplicationPlan& application) {
  std::vector<std::string> parts;
  if (!application.changes.empty()) parts.push_back("the application changes" + fields_text(application.changes));
  for (const DeploymentPlan& deployment : application.deployments)
    if (deployment.change != "unchanged")
      parts.push_back(
          fmt::format("{} {}{}", deployment.name, verb_of(deployment.change), fields_text(deployment.changes)));
  return fmt::format("{}", fmt::join(parts, "; "));
}

std::string kind_of(const Revision& entry, const std::string& change) {
  if (entry.cause.contains("rollback")) return "rolled_back";
  return change == "removed" ? "deleted" : "deployed";
}

// A rollback tells where to, and an automatic one why.
std::string message_of(const Revision& entry, const std::string& what) {
  std::string text = entry.cause.contains("rollback") ? entry.cause + (what.empty() ? "" : ": ") : "";
  text += what;
  if (!entry.note.empty()) text += " (" + entry.note + ")";
  return text;
}

std::string logging_text(const std::optional<LoggingConfig>& config) {
  return detail::to_json(config).value_or("null");
}

void add_status(std::vector<Event>& events, Event event, const std::string& before, const std::string& after,
                const std::string& message) {
  if (before == after) return;
  event.message = fmt::format("{} -> {}{}{}", before, after, message.empty() ? "" : ": ", message);
  event.data = {{"from", before}, {"to", after}};
  events.push_back(std::move(event));
}

}  // namespace

std::vector<Event> deploy_events(const DeployPlan& plan, const Revision& entry) {
  std::vector<Event> events;
  for (const ApplicationPlan& application : plan.applications) {
    if (application.change == "unchanged" && application.changes.empty()) continue;
    events.push_back({.kind = kind_of(entry, application.change),
                      .application = application.name,
                      .message = message_of(entry, application.change == "removed" ? "the application is removed"
                                                                                   : application_text(application)),
                      .by = entry.by});
  }
  if (events.empty())
    events.push_back({.kind = kind_of(entry, ""), .message = message_of(entry, "nothing changes"), .by = entry.by});
  return events;
}

std::vector<Event> instance_events(const spec::InstanceConfig& before, const spec::InstanceConfig& after,
                                   const std::string& by) {
  std::vector<Event> events;
  const auto add = [&](const char* field, const std::string& was, const std::string& is) {
    if (was != is)
      events.push_back({.kind = "config_changed", .message = fmt::format("{} {} -> {}", field, was, is), .by = by});
  };
  const auto capacity = [](const spec::InstanceConfig& config) {
    return config.target_capacity ? fmt::format("{:g}", *config.target_capacity) : std::string("null");
  };
  add("target_capacity", capacity(before), capacity(after));
  add("logging_config", logging_text(before.logging_config), logging_text(after.logging_config));
  return events;
}

std::vector<Event> status_events(const spec::InstanceStatus& before, const spec::InstanceStatus& after) {
  std::vector<Event> events;
  for (const auto& [node, status] : after.proxies)
    if (const auto was = before.proxies.find(node); was != before.proxies.end())
      add_status(events, {.kind = "proxy_status", .data = {}}, was->second, status, "proxy of node " + node);
  for (const auto& [name, was] : before.applications) {
    const auto is = after.applications.find(name);
    if (is == after.applications.end()) {
      events.push_back({.kind = "application_gone", .application = name, .message = "all its replicas have ended"});
      continue;
    }
    for (const auto& [deployment, status] : is->second.deployments)
      if (const auto known = was.deployments.find(deployment); known != was.deployments.end())
        add_status(events, deployment_event("deployment_status", {name, deployment}, ""), known->second.status,
                   status.status, status.message.substr(0, status.message.find('\n')));
    add_status(events, {.kind = "application_status", .application = name}, was.status, is->second.status, "");
  }
  return events;
}

Event autoscaled_event(const DeploymentKey& key, int before, const AutoscaleDecision& decision) {
  Event event = deployment_event("autoscaled", key,
                                 fmt::format("{} -> {} replicas: {}", before, decision.num_replicas, decision.reason));
  event.data = {{"from", std::to_string(before)}, {"to", std::to_string(decision.num_replicas)}};
  return event;
}

Event deployment_event(std::string kind, const DeploymentKey& key, std::string message) {
  return {.kind = std::move(kind),
          .application = key.application,
          .deployment = key.deployment,
          .message = std::move(message)};
}

Event replica_event(std::string kind, const DeploymentKey& key, const std::string& id, std::string message) {
  Event event = deployment_event(std::move(kind), key, std::move(message));
  event.replica = id;
  return event;
}

}  // namespace manta::control
