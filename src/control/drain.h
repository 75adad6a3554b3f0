#pragma once

#include <map>
#include <optional>
#include <string>

#include <boost/describe/class.hpp>

#include "base/clock.h"
#include "base/log.h"
#include "control/state_store.h"

namespace manta::control {

// One node as the details show it.
struct NodeDrain {
  std::string node_id;
  std::string state;  // ALIVE, DRAINING, DRAINED: being drained and empty, COMPACTING: its replicas move elsewhere
  int replicas = 0;
  std::string message;             // why replicas cannot leave it yet
  std::optional<double> deadline;  // when what is left there has ended, seconds since 1970; null: as long as it takes
};
BOOST_DESCRIBE_STRUCT(NodeDrain, (), (node_id, state, replicas, message, deadline))

// The nodes and single replicas that are being emptied, kept in the store: a drain goes on after a restart of the
// controller. Loop-confined; owned by the controller.
class Drains {
 public:
  // Begins with what the store has; `store` outlives this.
  Drains(Logger& logger, StateStore& store, TimePoint now);

  // Asked for every replica at each turn; mostly nothing is drained.
  bool has_node(const std::string& id) const { return !drained_.empty() && drained_.contains("node:" + id); }
  bool has_replica(const std::string& id) const { return !drained_.empty() && drained_.contains("replica:" + id); }
  // When what is drained has ended at latest, replaced or not. max(): never, or it is not drained.
  TimePoint node_deadline(const std::string& id) const {
    return drained_.empty() ? TimePoint::max() : deadline("node:" + id);
  }
  TimePoint replica_deadline(const std::string& id) const {
    return drained_.empty() ? TimePoint::max() : deadline("replica:" + id);
  }

  // `time_left` until the deadline; 0: none, or the one that it has. Fail when it cannot be stored; then nothing has
  // changed.
  Result<void> add_node(const std::string& id, TimePoint now, Duration time_left) {
    return add("node:" + id, now, time_left);
  }
  Result<void> add_replica(const std::string& id, TimePoint now, Duration time_left) {
    return add("replica:" + id, now, time_left);
  }
  Result<void> remove_node(const std::string& id) { return remove("node:" + id); }
  Result<void> remove_replica(const std::string& id) { return remove("replica:" + id); }

 private:
  TimePoint deadline(const std::string& name) const;
  Result<void> add(const std::string& name, TimePoint now, Duration time_left);
  Result<void> remove(const std::string& name);

  StateStore& store_;
  std::map<std::string, TimePoint> drained_;  // "node:3fe0a1b2", "replica:rag#Llm#k3v9x2", and until when
};

}  // namespace manta::control
