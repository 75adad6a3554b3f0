#pragma once

#include <optional>
#include <string>
#include <vector>

#include <manta/error.h>

#include "cli/cluster/options.h"
#include "cli/environment.h"
#include "cli/instance_options.h"
#include "runtime/local/instance_dir.h"

namespace manta::cli {

// What an instance on a cluster is started with: the document that `python -m manta_ray controller start` reads, and
// what is told to the person.
struct ClusterSetup {
  std::string document;              // JSON; holds the instance's token
  std::vector<std::string> notices;  // of default ports that were taken
};

// Makes the token, chooses the ports (nothing stays open) and writes the document. `ray_address`: of the cluster's
// head. InvalidArgument or Unavailable with the option that is wrong.
Result<ClusterSetup> set_up_cluster(const ClusterArguments& cluster, const std::string& ray_address,
                                    const InstanceOptions& options, const runtime::InstancePaths& paths,
                                    const Environment& environment);

// The document of `controller status` and `controller stop`.
std::string controller_question(const ClusterArguments& cluster, const std::string& ray_address);

// The address of this machine from which connections to `address` ("10.0.0.1:6379") go out. Unavailable when there is
// no way there.
Result<std::string> own_address_towards(const std::string& address);

}  // namespace manta::cli
