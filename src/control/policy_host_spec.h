#pragma once

#include <map>
#include <string>

#include <boost/describe/class.hpp>

#include "control/application_record.h"

namespace manta::control {

// The variable in which a policy host finds its PolicyHostSpec, as JSON.
inline constexpr const char* kPolicyHostVariable = "MANTA_POLICY_HOST";

// The code whose policies a policy host runs: what the replicas of the application run.
struct PolicyHostSpec {
  std::string application;
  ArtifactRef artifact;
  int graph_index = 0;      // which application of the build
  std::string args = "{}";  // given to build()
  std::map<std::string, std::string> environment = {};
  bool operator==(const PolicyHostSpec&) const = default;
};
BOOST_DESCRIBE_STRUCT(PolicyHostSpec, (), (application, artifact, graph_index, args, environment))

}  // namespace manta::control
