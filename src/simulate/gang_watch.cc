#include "simulate/gang_watch.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include <fmt/format.h>

namespace manta::simulate {
namespace {

// Longer than requests may take to end, deaths to be noticed and a controller to come back.
constexpr Duration kTornAtMost = std::chrono::minutes(5);

}  // namespace

void GangWatch::started(const control::ReplicaSpec& spec) {
  if (spec.gang_id.empty()) return;
  auto& lives = gangs_[spec.gang_id];
  Life& life = lives[spec.gang_epoch];
  life.size = spec.world_size;
  life.ranks.insert(spec.rank);
  if (lives.size() > 1)
    world_.findings.add(fmt::format("gang {} lives in the epochs {} and {}", spec.gang_id, lives.begin()->first,
                                    lives.rbegin()->first));
  if (life.ranks.count(spec.rank) > 1)
    world_.findings.add(fmt::format("rank {} of gang {} is there twice", spec.rank, spec.gang_id));
  changed(spec.gang_id, spec.gang_epoch);
}

void GangWatch::ended(const control::ReplicaSpec& spec) {
  if (spec.gang_id.empty()) return;
  auto& lives = gangs_[spec.gang_id];
  Life& life = lives[spec.gang_epoch];
  if (const auto rank = life.ranks.find(spec.rank); rank != life.ranks.end()) life.ranks.erase(rank);
  if (!life.ranks.empty()) return changed(spec.gang_id, spec.gang_epoch);
  lives.erase(spec.gang_epoch);
  if (lives.empty()) gangs_.erase(spec.gang_id);
}

void GangWatch::changed(const std::string& gang, std::uint64_t epoch) {
  Life& life = gangs_[gang][epoch];
  const std::uint64_t change = ++life.changes;
  if (static_cast<int>(life.ranks.size()) == life.size) return;
  world_.loop.after(kTornAtMost, [this, gang, epoch, change] { look(gang, epoch, change); });
}

void GangWatch::look(const std::string& gang, std::uint64_t epoch, std::uint64_t change) {
  const auto lives = gangs_.find(gang);
  if (lives == gangs_.end()) return;
  const auto life = lives->second.find(epoch);
  if (life == lives->second.end() || life->second.changes != change) return;
  world_.findings.add(fmt::format("gang {} is not whole: {} of {} members for {} s", gang, life->second.ranks.size(),
                                  life->second.size,
                                  std::chrono::duration_cast<std::chrono::seconds>(kTornAtMost).count()));
}

std::string torn_gang(const spec::RoutingSnapshot& snapshot, const control::Controller& controller) {
  std::map<std::pair<std::string, std::uint64_t>, int> named;
  std::map<std::pair<std::string, std::uint64_t>, int> sizes;
  for (const spec::ReplicaSet& set : snapshot.deployments)
    for (const spec::ReplicaAddress& replica : set.replicas) {
      const auto known = controller.replicas().find(replica.id);
      if (known == controller.replicas().end() || known->second.view.gang_id.empty()) continue;
      const control::ReplicaView& view = known->second.view;
      const std::pair gang{view.gang_id, view.gang_epoch};
      ++named[gang];
      sizes[gang] = view.world_size;
    }
  for (const auto& [gang, count] : named)
    if (count != sizes[gang])
      return fmt::format("requests go to {} of the {} members of gang {}", count, sizes[gang], gang.first);
  return {};
}

std::string broken_group(const DeploymentConfig& config, const std::vector<spec::Bundle>& held) {
  const std::size_t bundles = std::max<std::size_t>(1, config.placement_group_bundles.size());
  if (held.size() != bundles) return fmt::format("holds {} of {} bundles", held.size(), bundles);
  std::set<std::string> nodes;
  for (const spec::Bundle& bundle : held) nodes.insert(bundle.node_id);
  if (config.placement_group_strategy == "STRICT_PACK" && nodes.size() > 1) return "is STRICT_PACK on several nodes";
  if (config.placement_group_strategy == "STRICT_SPREAD" && nodes.size() < bundles)
    return "is STRICT_SPREAD and shares a node";
  return {};
}

}  // namespace manta::simulate
