// Controller: deploys and deletions.
#include <algorithm>
#include <chrono>
#include <iterator>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "base/unix_time.h"
#include "control/change_events.h"
#include "control/controller.h"
#include "control/deployment_target.h"
#include "control/effective_config.h"
#include "control/in_proxy.h"
#include "spec/openapi.h"
#include "spec/validate.h"

namespace manta::control {
namespace {

// Entries of `changed` replace those of the same name.
void merge(std::vector<spec::ApplicationConfig>& applications, const std::vector<spec::ApplicationConfig>& changed) {
  for (const spec::ApplicationConfig& application : changed) {
    const auto known = std::ranges::find(applications, application.name, &spec::ApplicationConfig::name);
    if (known == applications.end())
      applications.push_back(application);
    else
      *known = application;
  }
}

bool has(const std::vector<spec::ApplicationConfig>& applications, const std::string& name) {
  return std::ranges::find(applications, name, &spec::ApplicationConfig::name) != applications.end();
}

// Nobody has spoken of this application: what it runs with stays, and what has failed of it is not tried again.
bool is_untouched(const ControlledApplication& application, const spec::Shared<ApplicationRecord>& next) {
  return !application.deleting && application.record.is_same_object(next);
}

}  // namespace

// A deploy under way: no other one starts, and the applications that it names are known to everybody as not ready.
class Controller::Announcement {
 public:
  Announcement(Controller& controller, const spec::InstanceConfig& config) : controller_(controller) {
    controller_.deploying_ = true;
    for (const spec::ApplicationConfig& application : config.applications)
      controller_.announced_.insert(application.name);
    controller_.publish();
  }
  ~Announcement() {
    controller_.deploying_ = false;
    controller_.announced_.clear();
    controller_.request_turn();
  }
  Announcement(const Announcement&) = delete;
  Announcement& operator=(const Announcement&) = delete;

 private:
  Controller& controller_;
};

Result<void> Controller::may_deploy() const {
  if (!loaded_) return fail(ErrorCode::Unavailable, "the controller is starting; try again");
  if (deploying_) return fail(ErrorCode::Overloaded, "another deploy is under way; try again when it has finished");
  if (stopping_all_) return fail(ErrorCode::Unavailable, "the instance is stopping");
  return {};
}

Task<Result<void>> Controller::deploy(spec::InstanceConfig config, std::string by) {
  return deploy_config(std::move(config), {}, std::move(by));
}

Task<Result<void>> Controller::deploy_application(spec::ApplicationConfig application, bool keeps_code,
                                                  std::string by) {
  spec::InstanceConfig config;
  config.applications.push_back(std::move(application));
  return deploy_config(std::move(config), {.others = true, .code = keeps_code}, std::move(by));
}

// The copy that an application runs from, while its entry names the same file.
std::optional<ArtifactRef> Controller::kept_artifact(const spec::ApplicationConfig& config) const {
  for (const auto& [name, application] : applications_) {
    const spec::ApplicationConfig& known = application.record->config;
    if (!application.deleting && known.name == config.name && known.import_path == config.import_path)
      return application.record->artifact;
  }
  return std::nullopt;
}

Task<Result<void>> Controller::deploy_config(spec::InstanceConfig config, Keeps keeps, std::string by) {
  if (auto allowed = may_deploy(); !allowed) co_return allowed;
  if (auto valid = spec::validate(config); !valid) co_return valid;
  const Announcement announcement(*this, config);
  spec::InstanceConfig described_config = config;
  if (keeps.others) described_config.logging_config = config_.logging_config;
  auto described = co_await describe_all(std::move(described_config), keeps.code);
  if (!described) co_return std::unexpected(std::move(described.error()));
  DeployedState next{.config = config, .records = std::move(*described), .progress = {}};
  if (keeps.others) {
    for (const auto& [name, application] : applications_)
      if (!application.deleting && !has(config.applications, application.record->config.name))
        next.records.push_back(application.record);
    next.config = config_;
    merge(next.config.applications, config.applications);
  }
  if (auto unique = check_unique(next.records); !unique) co_return unique;
  if (auto stored = apply(std::move(next), {.time_s = unix_time_s(), .cause = "deploy", .by = std::move(by)}); !stored)
    co_return stored;
  sweep_artifacts();
  co_return Result<void>();
}

Task<Result<ApplicationRecords>> Controller::describe_all(spec::InstanceConfig instance, bool keeps_code) {
  ApplicationRecords all;
  for (std::size_t i = 0; i < instance.applications.size(); ++i) {
    const spec::ApplicationConfig& config = instance.applications[i];
    const auto kept = keeps_code ? kept_artifact(config) : std::nullopt;
    auto artifact = kept ? *kept : artifact_of(config.import_path);
    if (artifact && !kept) artifact = parts_.artifacts.add(std::move(*artifact));
    if (!artifact) co_return std::unexpected(of_import_path(i, std::move(artifact.error())));
    auto graphs = co_await parts_.describe(*artifact, config.args, config.env_vars);
    if (!graphs) co_return std::unexpected(not_described(i, config, std::move(graphs.error())));
    auto records = make_records(config, *artifact, std::move(*graphs), unix_time_s());
    if (!records) co_return std::unexpected(of_application(i, std::move(records.error())));
    for (ApplicationRecord& record : *records) {
      inherit_logging(record, instance);
      if (auto run = check_proxies_run(record, options_.proxy_location); !run)
        co_return std::unexpected(of_application(i, std::move(run.error())));
      all.emplace_back(std::move(record));
    }
  }
  co_return all;
}

DeployedState Controller::deployed() const {
  DeployedState state{.config = config_, .records = {}, .progress = {}};
  for (const auto& [name, application] : applications_)
    if (!application.deleting) state.records.push_back(application.record);
  return state;
}

// Stored first: what the store does not have has not happened.
Result<void> Controller::apply(DeployedState next, Revision entry) {
  next.progress.clear();
  std::set<std::string> kept;  // as they are stored
  for (const spec::Shared<ApplicationRecord>& record : next.records) {
    const auto found = applications_.find(record->name);
    const Application* const known = found == applications_.end() ? nullptr : &found->second;
    if (known && !known->deleting && known->record == record) kept.insert(record->name);
    auto progress = known ? progress_of(*known) : std::vector<DeploymentProgress>{};
    if (!known || !is_untouched(*known, record))
      progress = progress_after(known ? &*known->record : nullptr, progress, record);
    std::ranges::move(progress, std::back_inserter(next.progress));
  }
  if (auto stored = parts_.store.replace(next, entry, kept); !stored) return stored;
  for (Event& event : deploy_events(plan_of_changes(next.records, kept), entry)) events_.record(std::move(event));
  for (Event& event : instance_events(config_, next.config, entry.by)) events_.record(std::move(event));
  set_targets(std::move(next));
  request_turn();
  return {};
}

// Without those that stay as they are, `kept`.
DeployPlan Controller::plan_of_changes(const ApplicationRecords& next, const std::set<std::string>& kept) const {
  ApplicationRecords before, after;
  for (const auto& [name, application] : applications_)
    if (!application.deleting && !kept.contains(name)) before.push_back(application.record);
  for (const spec::Shared<ApplicationRecord>& record : next)
    if (!kept.contains(record->name)) after.push_back(record);
  return deploy_plan(before, after);
}

void Controller::set_targets(DeployedState state) {
  note_capacity(state.config);
  config_ = state.config;
  if (const auto done = parts_.logger.configure(config_.logging_config.value_or(LoggingConfig{})); !done)
    parts_.logger.warn("cannot log there", {{"error", done.error().message}});
  std::set<std::string> names;
  for (const ApplicationRecord& record : state.records) names.insert(record.name);
  for (auto& [name, application] : applications_) {
    if (names.contains(name)) continue;
    application.deleting = true;
    for (auto& [deployment_name, deployment] : application.deployments) deployment.target.deleting = true;
  }
  traffic_.follow(state.records);
  std::map<std::string, std::vector<DeploymentProgress>> progress;  // by application
  for (DeploymentProgress& entry : state.progress) progress[entry.application].push_back(std::move(entry));
  for (const spec::Shared<ApplicationRecord>& record : state.records)
    if (Application& application = applications_[record->name]; !is_untouched(application, record))
      set_target(application, record, progress[record->name]);
}

// `progress` of this application.
void Controller::set_target(Application& application, spec::Shared<ApplicationRecord> given,
                            const std::vector<DeploymentProgress>& progress) {
  share_equal_schemas(given.edit().graph);
  const bool same_document = !application.openapi->empty() && application.record->graph == given->graph &&
                             application.record->route_prefix == given->route_prefix;
  application.record = std::move(given);
  const ApplicationRecord& record = application.record;
  if (!same_document) application.openapi = spec::openapi(record.graph, record.route_prefix);
  application.fallback.reset();
  application.deleting = false;
  for (auto& [name, deployment] : application.deployments)
    deployment.target.deleting = node_of(record, name) == nullptr;
  std::set<std::string> changed;
  for (const spec::NodeSpec& node : record.graph.nodes)
    if (retarget(application.deployments[node.name], record, node)) changed.insert(node.name);
  for (const DeploymentProgress& entry : progress) {
    set_progress(application, entry);
    if (entry.completed && changed.contains(entry.deployment)) application.deployments[entry.deployment].proven = true;
  }
}

// A deploy gives a failed deployment a new chance, also when nothing else has changed. True: it was known and another.
bool Controller::retarget(Deployment& deployment, const ApplicationRecord& record, const spec::NodeSpec& node) {
  DeploymentTarget& target = deployment.target;
  const DeploymentTarget before = std::exchange(target, target_of(record, node));
  const bool same_settings = spec::running_settings(deployment.node.config) == spec::running_settings(node.config);
  const bool same = before.version == target.version && same_settings && !before.deploy_failed;
  const bool same_checks = deployment.node.config.health_check_period_s == node.config.health_check_period_s &&
                           deployment.node.config.health_check_timeout_s == node.config.health_check_timeout_s;
  target.started = before.started;
  target.num_replicas = replicas_for(deployment, before, target, record.config, node.config);
  deployment.scaling.change.clear();
  if (!same)
    deployment.goal = Goal::Update;
  else if (before.num_replicas != target.num_replicas)
    deployment.goal = before.num_replicas < target.num_replicas ? Goal::Upscale : Goal::Downscale;
  deployment.reached = deployment.reached && same && before.num_replicas == target.num_replicas;
  deployment.proven = deployment.proven && same;
  deployment.completed = false;
  deployment.removed = false;
  deployment.fallback.reset();
  deployment.node = node;
  deployment.last_failure.clear();
  for (auto& [id, replica] : replicas_)
    if (!same_checks && replica.view.key == target.key && replica.view.phase == ReplicaPhase::Running && replica.link)
      schedule_check(replica, true);
  return !same && !before.version.empty();
}

Result<void> Controller::delete_application(const std::string& name, const std::string& by) {
  const auto found = applications_.find(name);
  if (found == applications_.end() || found->second.deleting)
    return fail(ErrorCode::NotFound, fmt::format("there is no application '{}'", name));
  DeployedState rest = deployed();
  std::erase_if(rest.records, [&](const ApplicationRecord& record) { return record.name == name; });
  std::erase_if(rest.config.applications, [&](const spec::ApplicationConfig& application) {
    return std::ranges::none_of(
        rest.records, [&](const ApplicationRecord& record) { return record.config.name == application.name; });
  });
  if (auto stored = apply(std::move(rest), {.time_s = unix_time_s(), .cause = "delete " + name, .by = by}); !stored)
    return stored;
  if (!deploying_) sweep_artifacts();
  return {};
}

Result<void> Controller::delete_all(const std::string& by) {
  DeployedState none{.config = config_, .records = {}, .progress = {}};
  none.config.applications.clear();
  return apply(std::move(none), {.time_s = unix_time_s(), .cause = "delete all", .by = by});
}

// An artifact stays while the store names it or a replica may be running from it.
void Controller::sweep_artifacts() {
  auto named = parts_.store.named_artifacts();
  if (!named) return;
  for (const auto& [name, application] : applications_) {
    named->insert(application.record->artifact.sha256);
    if (application.fallback) named->insert(application.fallback->artifact.sha256);
    for (const auto& [deployment_name, deployment] : application.deployments)
      if (deployment.fallback) named->insert(deployment.fallback->record->artifact.sha256);
  }
  parts_.artifacts.keep_only(*named);
}

}  // namespace manta::control
