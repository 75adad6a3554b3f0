#pragma once

#include <string>
#include <vector>

#include "spec/replica_set.h"

namespace manta::control {

// What was published of one deployment, and its JSON text: written once, used until the deployment changes.
struct PublishedSet {
  spec::ReplicaSet set;
  std::string text;  // empty: not published yet
};

// The JSON of a snapshot of which `frame` is all but the deployments, and `deployments` are their texts.
std::string snapshot_text(const spec::RoutingSnapshot& frame, const std::vector<const std::string*>& deployments);

}  // namespace manta::control
