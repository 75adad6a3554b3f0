#include "runtime/ray/restart_comparison.h"

namespace manta::runtime {

RestartComparison compare_after_restart(const std::map<std::string, std::string>& known,
                                        const std::set<std::string>& starting,
                                        const std::vector<BridgeObserved>& listed, bool first) {
  RestartComparison comparison;
  std::set<std::string> there;
  for (const BridgeObserved& replica : listed) {
    if (starting.contains(replica.id)) continue;
    const auto before = known.find(replica.id);
    const bool runs = replica.state == "running";
    const bool is_known = before != known.end() && before->second == replica.incarnation;
    if (runs && is_known) there.insert(replica.id);
    if (runs && (is_known || first))
      comparison.running.push_back(replica);
    else
      comparison.unwanted.push_back(replica.id);
  }
  for (const auto& [id, incarnation] : known)
    if (!there.contains(id)) comparison.ended.push_back(id);
  return comparison;
}

}  // namespace manta::runtime
