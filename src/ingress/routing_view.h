#pragma once

#include <memory>
#include <string>

#include "ingress/route_table.h"
#include "spec/replica_set.h"

namespace manta::ingress {

// What a proxy knows of its instance. Immutable, and one for all its loops.
struct RoutingView {
  std::shared_ptr<const spec::RoutingSnapshot> snapshot;  // null before the first
  std::shared_ptr<const RouteTable> routes;               // null: none yet
};

// Before the first snapshot. `root_path` as in RouteTable.
RoutingView first_view(const std::string& root_path);
// After `snapshot`. The routes stay the same object as long as only replicas come and go.
RoutingView view_after(const RoutingView& known, std::shared_ptr<const spec::RoutingSnapshot> snapshot,
                       const std::string& root_path);

}  // namespace manta::ingress
