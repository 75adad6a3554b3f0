#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include <boost/describe/class.hpp>

namespace manta::spec {

// `manta status`, field for field and in the order users know.
struct DeploymentStatus {
  std::string status = "UPDATING";  // UPDATING HEALTHY UNHEALTHY DEPLOY_FAILED UPSCALING DOWNSCALING
  std::string status_trigger = "UNSPECIFIED";
  std::map<std::string, int> replica_states;  // RUNNING: 2
  std::string message;
  bool operator==(const DeploymentStatus&) const = default;
};
BOOST_DESCRIBE_STRUCT(DeploymentStatus, (), (status, status_trigger, replica_states, message))

struct ApplicationStatus {
  std::string status = "NOT_STARTED";  // NOT_STARTED DEPLOYING DEPLOY_FAILED RUNNING UNHEALTHY DELETING
  std::string message;
  double last_deployed_time_s = 0;  // Unix time
  std::map<std::string, DeploymentStatus> deployments;
  bool operator==(const ApplicationStatus&) const = default;
};
BOOST_DESCRIBE_STRUCT(ApplicationStatus, (), (status, message, last_deployed_time_s, deployments))

struct InstanceStatus {
  std::map<std::string, std::string> proxies;  // node id -> HEALTHY
  std::map<std::string, ApplicationStatus> applications;
  std::optional<double> target_capacity;
  bool operator==(const InstanceStatus&) const = default;
};
BOOST_DESCRIBE_STRUCT(InstanceStatus, (), (proxies, applications, target_capacity))

}  // namespace manta::spec
