#include "control/gang.h"

#include <algorithm>
#include <set>
#include <tuple>

#include <fmt/format.h>

namespace manta::control {
namespace {

ReplicaView as_one(const std::vector<const ReplicaView*>& members) {
  ReplicaView gang = *members.front();
  gang.id = fmt::format("{}@{}", gang.gang_id, gang.gang_epoch);
  gang.unhealthy = static_cast<int>(members.size()) < gang.world_size;
  for (const ReplicaView* member : members) {
    gang.unhealthy = gang.unhealthy || member->unhealthy || member->phase == ReplicaPhase::Stopping;
    gang.outdated = gang.outdated || member->outdated;
    gang.phase = std::min(gang.phase, member->phase);  // as far as the last one
    gang.since = std::max(gang.since, member->since);
  }
  return gang;
}

}  // namespace

Units::Units(const std::vector<ReplicaView>& replicas) {
  std::map<std::tuple<DeploymentKey, std::string, std::uint64_t>, std::vector<const ReplicaView*>> gangs;
  for (const ReplicaView& replica : replicas) {
    if (replica.gang_id.empty())
      all_.push_back(&replica);
    else
      gangs[{replica.key, replica.gang_id, replica.gang_epoch}].push_back(&replica);
  }
  for (auto& [identity, members] : gangs) {
    gangs_.push_back(as_one(members));
    all_.push_back(&gangs_.back());
    members_.emplace(&gangs_.back(), std::move(members));
  }
}

std::vector<const ReplicaView*> Units::members(const ReplicaView& unit) const {
  const auto found = members_.find(&unit);
  return found == members_.end() ? std::vector{&unit} : found->second;
}

int gangs_that_may_start(const DeploymentTarget& target, const std::vector<const ReplicaView*>& units, int replicas) {
  const int size = std::max(1, target.placement.gang_size);
  const auto ending = std::ranges::count_if(units, [&](const ReplicaView* unit) {
    return !unit->gang_id.empty() && unit->version == target.version &&
           (unit->unhealthy || unit->phase == ReplicaPhase::Stopping);
  });
  return std::max(0, (replicas + size - 1) / size - static_cast<int>(ending));
}

std::vector<std::string> free_gang_ids(const DeploymentKey& key, const std::vector<const ReplicaView*>& units,
                                       int count) {
  std::set<std::string> taken;
  for (const ReplicaView* unit : units) taken.insert(unit->gang_id);
  std::vector<std::string> ids;
  for (int number = 0; static_cast<int>(ids.size()) < count; ++number) {
    std::string id = fmt::format("{}#{}#gang-{}", key.application, key.deployment, number);
    if (!taken.contains(id)) ids.push_back(std::move(id));
  }
  return ids;
}

std::string restarting_gangs(const Units& units, const std::vector<const ReplicaView*>& of_deployment) {
  std::string text;
  for (const ReplicaView* unit : of_deployment) {
    if (!units.is_broken_gang(*unit)) continue;
    const std::size_t left = units.members(*unit).size();
    text += fmt::format("{}gang {} has lost a member and restarts when its other {} process{} ended",
                        text.empty() ? "" : "; ", unit->gang_id, left, left == 1 ? " has" : "es have");
  }
  return text;
}

std::vector<std::pair<std::string, std::uint64_t>> complete_gangs(const std::vector<const ReplicaView*>& running) {
  std::map<std::pair<std::string, std::uint64_t>, int> members;
  std::vector<std::pair<std::string, std::uint64_t>> complete;
  for (const ReplicaView* replica : running) {
    if (replica->gang_id.empty()) continue;
    const std::pair identity{replica->gang_id, replica->gang_epoch};
    if (++members[identity] == replica->world_size) complete.push_back(identity);
  }
  return complete;
}

std::set<std::string> members_of_incomplete_gangs(const std::vector<const ReplicaView*>& running) {
  std::set<std::string> waiting;
  const bool in_gangs =
      std::ranges::any_of(running, [](const ReplicaView* replica) { return !replica->gang_id.empty(); });
  if (!in_gangs) return waiting;
  const auto complete = complete_gangs(running);
  for (const ReplicaView* replica : running)
    if (!replica->gang_id.empty() &&
        std::ranges::find(complete, std::pair(replica->gang_id, replica->gang_epoch)) == complete.end())
      waiting.insert(replica->id);
  return waiting;
}

}  // namespace manta::control
