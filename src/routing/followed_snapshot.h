#pragma once

#include <memory>
#include <optional>

#include "spec/replica_set.h"
#include "spec/routing_change.h"

namespace manta::routing {

// What a subscriber knows, item by item of its streams: what the present stream has said so far, and the newest
// snapshot that came of all of them, to which a controller that has not adopted only adds. Pure.
class FollowedSnapshot {
 public:
  enum class Step {
    Nothing,  // not a whole snapshot yet, or none that is newer
    News,     // snapshot() is another
    Lost,     // the item does not follow on the one before: only another stream helps
  };
  Step take(const spec::RoutingChange& item);
  // The next item is the first of another stream.
  void stream_ended() { told_.reset(); }
  // Null before the first. Never changed: a newer one takes its place, and what is the same in it is the same object.
  const std::shared_ptr<const spec::RoutingSnapshot>& snapshot() const { return known_; }

 private:
  std::optional<spec::RoutingSnapshot> told_;
  std::shared_ptr<const spec::RoutingSnapshot> known_;
};

}  // namespace manta::routing
