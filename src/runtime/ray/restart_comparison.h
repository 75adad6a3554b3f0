#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "runtime/ray/bridge_messages.h"

namespace manta::runtime {

// What to do when a bridge has connected and has listed what there is.
struct RestartComparison {
  std::vector<std::string> ended;       // ran before, and are not there any more
  std::vector<BridgeObserved> running;  // that count as known from now on
  std::vector<std::string> unwanted;    // that nobody waits for: to be stopped
};

// `known`: incarnations of the replicas that ran, by id; `starting`: what is being asked for at present, and will tell
// of itself; `first`: nothing was known before, so that all that runs is taken over. Starts of earlier controllers that
// wait for room are nobody's.
RestartComparison compare_after_restart(const std::map<std::string, std::string>& known,
                                        const std::set<std::string>& starting,
                                        const std::vector<BridgeObserved>& listed, bool first);

}  // namespace manta::runtime
