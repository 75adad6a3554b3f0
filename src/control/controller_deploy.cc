// Controller: deploys and deletions.
#include <algorithm>
#include <chrono>
#include <utility>

#include <fmt/format.h>

#include "control/controller.h"
#include "spec/openapi.h"
#include "spec/validate.h"

namespace manta::control {
namespace {

double unix_time_s() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

std::vector<std::string> callers_of(const spec::ApplicationGraph& graph, const std::string& name) {
  std::vector<std::string> callers;
  for (const spec::NodeSpec& node : graph.nodes)
    if (std::ranges::find(node.children, name) != node.children.end()) callers.push_back(node.name);
  return callers;
}

std::vector<ApplicationRecord> records_of(const std::map<std::string, Controller::Application>& applications) {
  std::vector<ApplicationRecord> records;
  for (const auto& [name, application] : applications)
    if (!application.deleting) records.push_back(application.record);
  return records;
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

Task<Result<void>> Controller::deploy(spec::InstanceConfig config) {
  if (!loaded_) co_return fail(ErrorCode::Unavailable, "the controller is starting; try again");
  if (deploying_) co_return fail(ErrorCode::Overloaded, "another deploy is under way; try again when it has finished");
  if (stopping_all_) co_return fail(ErrorCode::Unavailable, "the instance is stopping");
  if (auto valid = spec::validate(config); !valid) co_return valid;
  const Announcement announcement(*this, config);
  auto described = co_await describe_all(std::move(config.applications));
  if (!described) co_return std::unexpected(std::move(described.error()));
  if (auto unique = check_unique(*described); !unique) co_return unique;
  if (auto stored = parts_.store.replace_applications(*described); !stored) co_return stored;
  set_targets(*described);
  sweep_artifacts();
  co_return Result<void>();
}

Task<Result<std::vector<ApplicationRecord>>> Controller::describe_all(std::vector<spec::ApplicationConfig> configs) {
  std::vector<ApplicationRecord> all;
  for (std::size_t i = 0; i < configs.size(); ++i) {
    const spec::ApplicationConfig& config = configs[i];
    auto artifact = artifact_of(config.import_path);
    if (artifact) artifact = parts_.artifacts.add(std::move(*artifact));
    if (!artifact) co_return std::unexpected(of_import_path(i, std::move(artifact.error())));
    auto graphs = co_await parts_.describe(*artifact, config.args, config.env_vars);
    if (!graphs) co_return std::unexpected(not_described(i, config, std::move(graphs.error())));
    auto records = make_records(config, *artifact, std::move(*graphs), unix_time_s());
    if (!records) co_return std::unexpected(of_application(i, std::move(records.error())));
    for (ApplicationRecord& record : *records) all.push_back(std::move(record));
  }
  co_return all;
}

void Controller::set_targets(const std::vector<ApplicationRecord>& records) {
  for (auto& [name, application] : applications_) {
    if (std::ranges::find(records, name, &ApplicationRecord::name) != records.end()) continue;
    application.deleting = true;
    for (auto& [deployment_name, deployment] : application.deployments) deployment.target.deleting = true;
  }
  for (const ApplicationRecord& record : records) set_target(record);
}

// A deploy gives a failed deployment a new chance, also when nothing else has changed.
void Controller::set_target(const ApplicationRecord& record) {
  Application& application = applications_[record.name];
  for (auto& [name, deployment] : application.deployments)
    deployment.target.deleting =
        std::ranges::find(record.graph.nodes, name, &spec::NodeSpec::name) == record.graph.nodes.end();
  application.record = record;
  application.openapi = spec::openapi(record.graph, record.route_prefix);
  application.deleting = false;
  for (const spec::NodeSpec& node : record.graph.nodes) {
    Deployment& deployment = application.deployments[node.name];
    DeploymentTarget& target = deployment.target;
    const std::string version = version_of(record, node);
    const int before = target.num_replicas;
    const bool same_settings = spec::running_settings(deployment.node.config) == spec::running_settings(node.config);
    if (target.version != version || target.deploy_failed || !same_settings)
      deployment.goal = Goal::Update;
    else if (before != node.config.num_replicas)
      deployment.goal = before < node.config.num_replicas ? Goal::Upscale : Goal::Downscale;
    deployment.reached = deployment.reached && target.version == version && same_settings &&
                         before == node.config.num_replicas && !target.deploy_failed;
    deployment.node = node;
    deployment.last_failure.clear();
    target = {.key = {record.name, node.name},
              .version = version,
              .num_replicas = node.config.num_replicas,
              .resources = node.config.ray_actor_options,
              .max_replicas_per_node = node.config.max_replicas_per_node,
              .max_constructor_retry_count = node.config.max_constructor_retry_count,
              .graceful_shutdown_timeout_s = node.config.graceful_shutdown_timeout_s,
              .callers = callers_of(record.graph, node.name),
              .started = target.started};
  }
}

Result<void> Controller::delete_application(const std::string& name) {
  const auto found = applications_.find(name);
  if (found == applications_.end() || found->second.deleting)
    return fail(ErrorCode::NotFound, fmt::format("there is no application '{}'", name));
  std::vector<ApplicationRecord> rest = records_of(applications_);
  std::erase_if(rest, [&](const ApplicationRecord& record) { return record.name == name; });
  if (auto stored = parts_.store.replace_applications(rest); !stored) return stored;
  set_targets(rest);
  sweep_artifacts();
  request_turn();
  return {};
}

Result<void> Controller::delete_all() {
  if (auto stored = parts_.store.replace_applications({}); !stored) return stored;
  set_targets({});
  request_turn();
  return {};
}

// An artifact stays while the store names it or a replica may be running from it.
void Controller::sweep_artifacts() {
  auto named = parts_.store.named_artifacts();
  if (!named) return;
  for (const auto& [name, application] : applications_) named->insert(application.record.artifact.sha256);
  parts_.artifacts.keep_only(*named);
}

}  // namespace manta::control
