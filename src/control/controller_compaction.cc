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

// After what leaves has been marked; what is found changes that.
void Controller::compact_nodes() {
  if (!options_.packing.packs_nodes || !adopted_ || stopping_all_) return;
  const bool lacks_room = std::ranges::any_of(applications_, [](const auto& application) {
    return std::ranges::any_of(application.second.deployments,
                               [](const auto& deployment) { return deployment.second.pending_replicas > 0; });
  });
  const auto change = compaction_.look(view(), lacks_room);
  if (!change) return;
  events_.record({.kind = event_kind(change->step), .message = change->message, .data = {{"node", change->node_id}}});
  mark_leaving();
}

}  // namespace manta::control
