#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include <boost/describe/class.hpp>

#include "control/application_record.h"
#include "control/deployment_progress.h"
#include "spec/instance_config.h"

namespace manta::control {

// Everything that is deployed: what the store keeps and a controller begins with.
struct DeployedState {
  spec::InstanceConfig config;  // as given, or put together from deploys of single applications
  ApplicationRecords records;
  std::vector<DeploymentProgress> progress;
};

// One entry of the history: the target from then on until the next one.
struct Revision {
  std::int64_t revision = 0;
  double time_s = 0;  // Unix time
  std::string cause;  // "deploy", "delete rag", "rollback to 3", "automatic rollback of rag"
  std::string by;     // who asked, as the caller calls himself; may be empty
  std::string note;   // an automatic rollback's reason
  std::map<std::string, std::string> applications;  // import path by name
  bool current = false;
  bool operator==(const Revision&) const = default;
};
BOOST_DESCRIBE_STRUCT(Revision, (), (revision, time_s, cause, by, note, applications, current))

}  // namespace manta::control
