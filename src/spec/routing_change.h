#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include <boost/describe/class.hpp>

#include "spec/replica_set.h"

namespace manta::spec {

struct DeploymentName {
  std::string application, deployment;
  auto operator<=>(const DeploymentName&) const = default;
};
BOOST_DESCRIBE_STRUCT(DeploymentName, (), (application, deployment))

// One item of the controller's subscription stream (POST /-/subscribe, JSON items with the 5-byte prefix): what is
// another way at `stamp` than it was at `from`.
struct RoutingChange {
  static constexpr bool kOmitsNull = true;
  std::optional<PublishStamp> from;  // none: the stream begins, what the controller said before is forgotten
  PublishStamp stamp;
  bool complete = true;  // false: items with the same stamp follow, and only with all of them there is a snapshot
  bool adopted = true;
  std::vector<Shared<ApplicationRoutes>> applications;  // new or changed, here and below
  std::vector<Shared<ReplicaSet>> deployments;
  std::vector<std::string> removed_applications;
  std::vector<DeploymentName> removed_deployments;
  std::optional<LoggingConfig> logging_config;             // in force, changed or not
  std::optional<std::vector<std::string>> draining_nodes;  // none: as they were, here and below
  std::optional<Shared<std::vector<NodeZone>>> zones;
  double published_at_s = 0;  // as of the snapshot
  bool operator==(const RoutingChange&) const = default;
};
BOOST_DESCRIBE_STRUCT(RoutingChange, (),
                      (from, stamp, complete, adopted, applications, deployments, removed_applications,
                       removed_deployments, logging_config, draining_nodes, zones, published_at_s))

// What turns `from` into `to`, in one item; both are in the order that snapshots have.
RoutingChange change_between(const RoutingSnapshot& from, const RoutingSnapshot& to);

// Where the next item of a whole snapshot begins.
struct SnapshotPosition {
  std::size_t application = 0, deployment = 0;
};
// The item of `snapshot` that begins at `position`, of about `bytes` and at least one entry, for who knows nothing;
// `position` is moved behind it. The first has no `from`, the last is complete.
RoutingChange next_part(const RoutingSnapshot& snapshot, SnapshotPosition& position, std::size_t bytes);

// What is known after `change`. None: it follows on something else than what is known (null: nothing), and only a
// stream from its beginning helps. Of what has not changed the objects stay the same.
std::optional<RoutingSnapshot> apply(const RoutingSnapshot* known, const RoutingChange& change);

}  // namespace manta::spec
