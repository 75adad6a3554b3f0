#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "control/cluster_view.h"

namespace manta::control {

// Whether nodes are filled one after the other, and when one is emptied because what runs there fits on the others.
struct PackingOptions {
  bool packs_nodes = false;
  Duration delay = std::chrono::seconds(300);          // for which everything has run as wanted before one begins
  Duration timeout = std::chrono::seconds(1800);       // after which one is given up
  Duration most_backoff = std::chrono::seconds(3600);  // between two of which the first was given up; 2 s, doubled each
};

// The node that can be emptied onto others that are in use: the one that has most (GPUs, CPUs, memory), of such the one
// with the fewest replicas. Never the head. Replicas stay on the node of their affinity, and on one that meets their
// own labels they are not moved to a fallback. Empty: there is none.
std::string node_to_compact(const ClusterView& view);

// Decides when a node is emptied and when that has ended; one at a time. Asked at each turn, with what is then. A
// restart of the controller gives up what was under way. Confined to the controller's loop, which owns it.
class NodeCompaction {
 public:
  enum class Step { Begun, Completed, GivenUp };
  struct Change {
    Step step = Step::Begun;
    std::string node_id, message;
  };
  explicit NodeCompaction(PackingOptions options) : options_(options) {}

  // `lacks_room`: a replica that is wanted fits nowhere.
  std::optional<Change> look(const ClusterView& view, bool lacks_room);

  // The node that is being emptied: nothing is placed there, what runs there leaves. Empty: none.
  const std::string& node_id() const { return node_id_; }
  // When to ask again, if nothing happens before. Until the next look().
  std::optional<TimePoint> wake_at() const { return wake_at_; }

 private:
  std::optional<Change> begin(const ClusterView& view);
  Change end(Step step, std::string message);
  Change give_up(TimePoint now, std::string message);
  std::optional<Change> follow(const ClusterView& view, bool lacks_room);

  const PackingOptions options_;
  std::string node_id_;
  TimePoint begun_{}, not_before_{};
  std::optional<TimePoint> settled_since_, wake_at_;
  int failures_ = 0;  // in a row
};

}  // namespace manta::control
