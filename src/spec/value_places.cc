#include "spec/value_places.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>

#include "spec/checks.h"

namespace manta::spec {
namespace {

// Where fields stand that have another name in files.
std::string path_in_file(const std::string& field) {
  if (field == "backpressure_status_code") return "backpressure_config.status_code";
  if (field == "backpressure_retry_after_s") return "backpressure_config.retry_after_s";
  return field;
}

bool is_below(std::string_view path, std::string_view parent) {
  return path == parent || (path.starts_with(parent) && (path[parent.size()] == '.' || path[parent.size()] == '['));
}

class Noting {
 public:
  Noting(std::map<std::string, std::string>& noted, const ConfigPlaces& places)
      : noted_(noted), places_(places), file_(std::filesystem::path(places.file_name).filename().string()) {}

  // Nothing is noted of what the file does not have.
  void note(const std::string& name, const std::string& path) {
    const auto value = places_.document.values.find(path);
    if (value == places_.document.values.end()) return;
    std::string text = file_ + ":" + std::to_string(value->second.line);
    for (const auto& [at, written] : places_.document.interpolated)
      if (is_below(at, path)) text.append(" ").append(written);
    noted_.emplace(name, std::move(text));
  }

 private:
  std::map<std::string, std::string>& noted_;
  const ConfigPlaces& places_;
  std::string file_;
};

const DeploymentOverride* find(const ApplicationConfig& application, std::string_view deployment) {
  const auto found = std::ranges::find(application.deployments, deployment, &DeploymentOverride::name);
  return found == application.deployments.end() ? nullptr : &*found;
}

}  // namespace

void note_places(InstanceConfig& config, const ConfigPlaces& places) {
  for (std::size_t i = 0; i < config.applications.size(); ++i) {
    ApplicationConfig& application = config.applications[i];
    const std::string at = "$." + element("applications", i);
    Noting noting(application.places, places);
    for (const char* name : {"name", "route_prefix", "import_path", "args", "runtime_env", "logging_config",
                             "external_scaler_enabled", "traffic", "placement", "together"})
      noting.note(name, at + "." + name);
    noting.note("$logging_config", "$.logging_config");
    for (std::size_t j = 0; j < application.deployments.size(); ++j) {
      const DeploymentOverride& deployment = application.deployments[j];
      const std::string below = at + "." + element("deployments", j);
      const std::string prefix = "deployments." + deployment.name + ".";
      for (const auto& [field, json] : deployment.fields)
        noting.note(prefix + field, below + "." + path_in_file(field));
      noting.note(prefix + "num_replicas", below + ".autoscaling_config");
      noting.note(prefix + "autoscaling_config", below + ".num_replicas");
      noting.note(prefix + "env_vars", below + ".ray_actor_options.runtime_env");
    }
  }
}

void keep_places(const ApplicationConfig& before, ApplicationConfig& after) {
  for (const auto& [path, place] : before.places) {
    bool same = true;
    for (const DeploymentOverride& deployment : before.deployments) {
      const std::string prefix = "deployments." + deployment.name + ".";
      if (!path.starts_with(prefix)) continue;
      const DeploymentOverride* now = find(after, deployment.name);
      const auto was = deployment.fields.find(path.substr(prefix.size()));
      const auto is = now == nullptr ? deployment.fields.end() : now->fields.find(path.substr(prefix.size()));
      same = now != nullptr && was != deployment.fields.end() && is != now->fields.end() && was->second == is->second;
    }
    if (path == "route_prefix") same = before.route_prefix == after.route_prefix;
    if (path == "args") same = before.args == after.args;
    if (path == "runtime_env") same = before.env_vars == after.env_vars;
    if (path == "logging_config") same = before.logging_config == after.logging_config;
    if (same) after.places.emplace(path, place);
  }
}

}  // namespace manta::spec
