#pragma once

#include <map>
#include <string>
#include <vector>

#include <boost/describe/class.hpp>

namespace manta {

// What a node may have instead of what `label_selector` asks for; empty: any node.
struct FallbackOption {
  std::map<std::string, std::string> label_selector;  // in the same notation; none: any node
  bool operator==(const FallbackOption&) const = default;
};
BOOST_DESCRIBE_STRUCT(FallbackOption, (), (label_selector))

// What one replica needs of a node. Accounted before its process starts; a replica that fits nowhere stays pending,
// with the reason in the status.
struct Resources {
  double num_cpus = 1;                      // CPUs; fractions are fine. Accounted before the process starts
  double num_gpus = 0;                      // GPUs; a fraction shares one GPU, above 1 only whole numbers
  double memory = 0;                        // accounted, not enforced
  std::map<std::string, double> resources;  // custom resources by name: amounts
  std::string accelerator_type;             // kind of GPU that the node must have
  // conditions on the node's labels: `a`, `!a`, `in(a,b)`, `!in(a,b)`
  std::map<std::string, std::string> label_selector;
  // selectors that are tried in this order where `label_selector` finds no room: `[{label_selector: {...}}]`
  std::vector<FallbackOption> fallback_strategy;
  bool operator==(const Resources&) const = default;
};
BOOST_DESCRIBE_STRUCT(Resources, (),
                      (num_cpus, num_gpus, memory, resources, accelerator_type, label_selector, fallback_strategy))

// The node on which replicas run; soft: another one when it has no room or is gone.
struct NodeAffinity {
  std::string node_id;  // id of the node, as `manta status` shows it
  bool soft = false;    // another node when it has no room or is gone
  bool operator==(const NodeAffinity&) const = default;
};
BOOST_DESCRIBE_STRUCT(NodeAffinity, (), (node_id, soft))

// Replicas that live and die together, `gang_size` at a time: reserved all or none, started and restarted as one.
struct GangSchedulingConfig {
  int gang_size = 1;                                    // replicas in one gang; numbers of replicas are multiples of it
  std::string gang_placement_strategy = "PACK";         // PACK, SPREAD, STRICT_PACK, STRICT_SPREAD
  std::string runtime_failure_policy = "RESTART_GANG";  // the only one
  bool operator==(const GangSchedulingConfig&) const = default;
};
BOOST_DESCRIBE_STRUCT(GangSchedulingConfig, (), (gang_size, gang_placement_strategy, runtime_failure_policy))

}  // namespace manta
