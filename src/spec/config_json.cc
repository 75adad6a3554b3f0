#include "spec/config_json.h"

#include <utility>
#include <vector>

#include <manta/detail/json.h>
#include <manta/tensor.h>

namespace manta::spec {
namespace {

// An object written member by member; members of no value are left out.
class Members {
 public:
  template <class T>
  void add(const std::string& name, const T& value) {
    add_json(name, detail::to_json(value).value_or("null"));
  }
  void add_json(const std::string& name, const std::string& json) {
    if (json == "null" || json.empty()) return;
    text_.append(text_.empty() ? "" : ",").append(detail::to_json(name).value_or("\"\"")).append(":").append(json);
  }
  std::string take() { return "{" + std::move(text_) + "}"; }

 private:
  std::string text_;
};

std::string list(const std::vector<std::string>& elements) {
  std::string text;
  for (const std::string& element : elements) text.append(text.empty() ? "" : ",").append(element);
  return "[" + text + "]";
}

// The calls with their bodies as values: inside, a body is JSON text.
std::string warmup_json(const std::string& fields) {
  std::vector<std::string> calls;
  const auto warmup = detail::from_json<std::vector<WarmUp>>(fields);
  if (!warmup) return "null";
  for (const WarmUp& call : *warmup) {
    Members members;
    members.add("method", call.method);
    members.add_json("body", call.body);
    members.add("count", call.count);
    calls.push_back(members.take());
  }
  return list(calls);
}

std::string deployment_json(const DeploymentOverride& deployment) {
  Members members;
  members.add("name", deployment.name);
  const bool scales = deployment.fields.contains("autoscaling_config");
  for (const auto& [name, json] : deployment.fields) {
    if (name == "user_config")
      members.add_json(name, detail::from_json<std::string>(json).value_or(json));
    else if (name == "warmup")
      members.add_json(name, warmup_json(json));
    else if (name != "num_replicas" || !scales)
      members.add_json(name, json);
  }
  return members.take();
}

struct RuntimeEnv {
  std::map<std::string, std::string> env_vars;
};
BOOST_DESCRIBE_STRUCT(RuntimeEnv, (), (env_vars))

std::string application_json(const ApplicationConfig& application, bool with_places) {
  Members members;
  members.add("name", application.name);
  members.add("route_prefix", application.route_prefix);
  members.add("import_path", application.import_path);
  members.add_json("args", application.args);
  if (!application.env_vars.empty()) members.add("runtime_env", RuntimeEnv{application.env_vars});
  if (application.external_scaler_enabled) members.add("external_scaler_enabled", true);
  if (application.placement != "separate") members.add("placement", application.placement);
  if (!application.together.empty()) members.add("together", application.together);
  if (!application.traffic.empty()) members.add("traffic", application.traffic);
  members.add("autoscaling_policy", application.autoscaling_policy);
  std::vector<std::string> deployments;
  for (const DeploymentOverride& deployment : application.deployments)
    deployments.push_back(deployment_json(deployment));
  members.add("logging_config", application.logging_config);
  members.add_json("deployments", list(deployments));
  if (with_places && !application.places.empty()) members.add("places", application.places);
  return members.take();
}

std::string instance_json(const InstanceConfig& config, bool with_places) {
  Members members;
  members.add("proxy_location", config.proxy_location);
  members.add("http_options", config.http_options);
  members.add("target_capacity", config.target_capacity);
  members.add("logging_config", config.logging_config);
  std::vector<std::string> applications;
  for (const ApplicationConfig& application : config.applications)
    applications.push_back(application_json(application, with_places));
  members.add_json("applications", list(applications));
  return members.take();
}

}  // namespace

std::string config_json(const InstanceConfig& config) { return instance_json(config, false); }
std::string config_json(const ApplicationConfig& application) { return application_json(application, false); }
std::string deploy_json(const InstanceConfig& config) { return instance_json(config, true); }

}  // namespace manta::spec
