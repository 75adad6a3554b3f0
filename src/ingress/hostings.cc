#include "ingress/hostings.h"

#include <set>

namespace manta::ingress {

void Hostings::update(const std::shared_ptr<const spec::RoutingSnapshot>& snapshot) {
  retired_.update(snapshot);
  std::set<std::pair<std::string, std::string>> known;
  for (const spec::Shared<spec::ReplicaSet>& set : snapshot->deployments) {
    if (!set->hosted) continue;
    auto& hosting = hostings_[*known.emplace(set->application, set->deployment).first];
    if (!hosting) hosting = std::make_unique<Hosting>(loop_, start_, retired_);
    hosting->update(*set, snapshot);
  }
  std::erase_if(hostings_, [&](const auto& entry) {
    if (known.contains(entry.first)) return false;
    entry.second->retire();
    return true;
  });
}

Hosting* Hostings::find(const std::string& application, const std::string& deployment) const {
  const auto found = hostings_.find({application, deployment});
  return found == hostings_.end() ? nullptr : found->second.get();
}

}  // namespace manta::ingress
