#pragma once

#include <string>
#include <vector>

#include "control/cluster_view.h"

namespace manta::control {

// The replicas of one deployment in the order in which fewer of them are to run: those that do not run yet first (one
// that is not heard yet counts as running); those on the head node, which cannot be given back, last; then those on
// nodes that no longer meet the need (gone, labels, kind of GPU); then those whose node has the fewest replicas of
// anybody, so that it can be given back; the highest rank first, which leaves no gap on one node, and of one rank the
// newest.
std::vector<const ReplicaView*> scale_down_order(std::vector<const ReplicaView*> candidates, const Resources& need,
                                                 const std::vector<NodeView>& nodes,
                                                 const std::vector<ReplicaView>& all);

// Why `victim` goes before `kept`, which comes behind it in that order: "no other node runs fewer replicas (1)". Null:
// none is kept.
std::string scale_down_reason(const ReplicaView& victim, const ReplicaView* kept, const Resources& need,
                              const std::vector<NodeView>& nodes, const std::vector<ReplicaView>& all);

}  // namespace manta::control
