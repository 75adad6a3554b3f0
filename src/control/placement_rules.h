#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <manta/config.h>

namespace manta::control {

// How the bundles of a group, or the members of a gang, lie to each other. Pack and Spread are best effort; the strict
// ones are all on one node, and no two on one node.
enum class Strategy { Pack, Spread, StrictPack, StrictSpread };

// PACK, SPREAD, STRICT_PACK, STRICT_SPREAD.
std::string_view name(Strategy strategy);

// Where the replicas of a deployment may run, beyond what one needs of a node.
struct PlacementRules {
  std::vector<Resources> bundles;  // reserved together for each replica, which runs in the first; empty: one, of the
                                   // replica's resources
  Strategy strategy = Strategy::Pack;
  std::optional<NodeAffinity> affinity;  // of the replica itself
  // Selectors of the replica's own share, tried in this order where its own finds no room.
  std::vector<std::map<std::string, std::string>> fallbacks;
  int gang_size = 1;  // replicas placed, started and restarted as one
  Strategy gang_strategy = Strategy::Pack;
};

// What a deployment's configuration asks for. The first bundle is raised to the replica's own resources: it runs there.
// A strategy without bundles makes one bundle of the replica's resources.
PlacementRules placement_rules(const DeploymentConfig& config);

}  // namespace manta::control
