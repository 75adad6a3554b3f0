// Controller: a node that is emptied because what runs there fits on others.
#include <algorithm>

#include "control/controller.h"

namespace manta::control {
namespace {

const char* event_kind(NodeCompaction::Step step) {
  if (step == NodeCompaction::Step::Begun) return "compaction_started";
  return step == NodeCompaction::Step::Completed ? "compaction_completed" : "compaction_given_up";
}

}  // namespace

bool Controller::compact_nodes(const ClusterView& seen) {
  if (!adopted_ || stopping_all_) return false;
  const bool lacks_room = std::ranges::any_of(applications_, [](const auto& application) {
    return std::ranges::any_of(application.second.deployments,
                               [](const auto& deployment) { return deployment.second.pending_replicas > 0; });
  });
  const auto change = compaction_.look(seen, lacks_room);
  if (!change) return false;
  events_.record({.kind = event_kind(change->step), .message = change->message, .data = {{"node", change->node_id}}});
  mark_leaving();
  return true;
}

}  // namespace manta::control
