#pragma once

#include <set>
#include <string>

#include <boost/describe/class.hpp>

#include "base/log.h"
#include "control/state_store.h"

namespace manta::control {

// One node as the details show it.
struct NodeDrain {
  std::string node_id;
  std::string state;  // ALIVE, DRAINING, DRAINED: being drained and empty
  int replicas = 0;
  std::string message;  // why replicas cannot leave it yet
};
BOOST_DESCRIBE_STRUCT(NodeDrain, (), (node_id, state, replicas, message))

// The nodes and single replicas that are being emptied, kept in the store: a drain goes on after a restart of the
// controller. Loop-confined; owned by the controller.
class Drains {
 public:
  // Begins with what the store has; both outlive this.
  Drains(Logger& logger, StateStore& store);

  bool has_node(const std::string& id) const { return drained_.contains("node:" + id); }
  bool has_replica(const std::string& id) const { return drained_.contains("replica:" + id); }
  // Fails when it cannot be stored; then nothing has changed.
  Result<void> set_node(const std::string& id, bool drained) { return set("node:" + id, drained); }
  Result<void> set_replica(const std::string& id, bool drained) { return set("replica:" + id, drained); }

 private:
  Result<void> set(const std::string& name, bool drained);

  StateStore& store_;
  std::set<std::string> drained_;  // "node:3fe0a1b2", "replica:rag#Llm#k3v9x2"
};

}  // namespace manta::control
