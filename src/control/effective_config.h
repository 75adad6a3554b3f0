#pragma once

#include <map>
#include <string>
#include <vector>

#include <boost/describe/class.hpp>

#include <manta/tensor.h>

#include "control/application_record.h"

namespace manta::control {

// One value in force, and who decided it.
struct EffectiveValue {
  std::string key;
  Json value;
  std::string origin;  // default, code, file, environment (a ${NAME} in the file), API, autoscaling
  std::string where;   // "app.yaml:12", "app.yaml:12 ${REPLICAS:-2}"; empty: not known
};
BOOST_DESCRIBE_STRUCT(EffectiveValue, (), (key, value, origin, where))

struct EffectiveDeployment {
  std::string name;
  std::vector<EffectiveValue> values;  // every field, in the order of DeploymentConfig
};
BOOST_DESCRIBE_STRUCT(EffectiveDeployment, (), (name, values))

struct EffectiveConfig {
  std::string name;
  std::vector<EffectiveValue> values;
  std::vector<EffectiveDeployment> deployments;
};
BOOST_DESCRIBE_STRUCT(EffectiveConfig, (), (name, values, deployments))

// A number of replicas that is kept beside the configuration.
struct ScaledReplicas {
  int replicas = 0;
  bool by_autoscaler = false;  // else by the external scaler
};

// What is in force of one application. A value that the file has as the default has is the file's; one that the code
// sets to the default cannot be told from the default. Pure.
EffectiveConfig effective_config(const ApplicationRecord& record, const spec::InstanceConfig& instance,
                                 const std::map<std::string, ScaledReplicas>& scaled);

// Deployments without a logging_config of their own get that of their application, else that of the whole file.
void inherit_logging(ApplicationRecord& record, const spec::InstanceConfig& instance);

}  // namespace manta::control
