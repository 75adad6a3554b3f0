// FreeResources: gangs.
#include <algorithm>
#include <iterator>

#include <fmt/format.h>

#include "control/placement.h"
#include "control/placement_fallback.h"
#include "control/placement_reason.h"

namespace manta::control {
namespace {

std::vector<GroupItem> items_of_gang(const ReplicaNeed& need) {
  std::vector<GroupItem> all;
  for (int member = 0; member < need.rules.gang_size; ++member) {
    const std::vector<GroupItem> items = items_of(need);
    all.insert(all.end(), items.begin(), items.end());
  }
  return all;
}

bool is_strict(Strategy strategy) { return strategy == Strategy::StrictPack || strategy == Strategy::StrictSpread; }

}  // namespace

// All bundles of all members in one search, when no rule tells members apart from each other.
std::optional<std::vector<Placement>> FreeResources::place_flat(const ReplicaNeed& need, const GroupRules& rules) {
  const std::vector<GroupItem> items = items_of_gang(need);
  const auto slots = place_group(nodes_, items, rules);
  if (!slots) return std::nullopt;
  const auto own = static_cast<std::ptrdiff_t>(items_of(need).size());
  std::vector<Placement> placements;
  for (auto at = 0L; at < std::ssize(items); at += own)
    placements.push_back(keep({items.begin() + at, items.begin() + at + own},
                              {slots->begin() + at, slots->begin() + at + own}, rules.deployment,
                              !need.rules.bundles.empty()));
  return placements;
}

std::optional<std::vector<Placement>> FreeResources::place_one_by_one(const ReplicaNeed& need,
                                                                      const GroupRules& rules) {
  GroupRules own = rules;
  own.strategy = need.rules.strategy;
  own.prefers_noted = need.rules.gang_strategy == Strategy::Pack;
  if (need.rules.gang_strategy == Strategy::StrictSpread) own.barred.assign(nodes_.size(), false);
  const std::vector<GroupItem> items = items_of(need);
  std::vector<Placement> placements;
  for (int member = 0; member < need.rules.gang_size; ++member) {
    const auto slots = place_group(nodes_, items, own);
    if (!slots) {
      give_back(need, placements);
      return std::nullopt;
    }
    placements.push_back(keep(items, *slots, rules.deployment, true));
    for (const GroupSlot& slot : *slots) {
      own.noted.push_back(slot.node);
      if (!own.barred.empty()) own.barred[slot.node] = true;
    }
  }
  return placements;
}

Result<std::vector<Placement>> FreeResources::place_gang(const ReplicaNeed& need) {
  return by_labels_in_turn(need, [this](const ReplicaNeed& choice) { return place_gang_by_own_labels(choice); });
}

Result<std::vector<Placement>> FreeResources::place_gang_by_own_labels(const ReplicaNeed& need) {
  sort_nodes();
  GroupRules rules = rules_of(need);
  rules.strategy = need.rules.gang_strategy;
  const auto attempt = [&]() -> std::optional<std::vector<Placement>> {
    const bool members_are_single = need.rules.bundles.size() <= 1;
    const bool contradict = rules.strategy == Strategy::StrictPack && need.rules.strategy == Strategy::StrictSpread;
    if (members_are_single || (rules.strategy == Strategy::StrictPack && !contradict)) return place_flat(need, rules);
    if (contradict) return std::nullopt;
    if (auto placed = place_one_by_one(need, rules)) return placed;
    const bool any_will_do = !is_strict(rules.strategy) && !is_strict(need.rules.strategy);
    return any_will_do ? place_flat(need, rules) : std::nullopt;
  };
  auto placed = attempt();
  if (!placed && need.rules.affinity && need.rules.affinity->soft) {
    rules.node_id.clear();
    placed = attempt();
  }
  if (!placed)
    return not_now(fmt::format("gang of {} ({}): {}", need.rules.gang_size, name(rules.strategy),
                               why_no_group(nodes_, items_of_gang(need), rules)));
  std::ranges::stable_sort(*placed, {}, [this](const Placement& one) { return index_.at(one.node_id); });
  return *std::move(placed);
}

}  // namespace manta::control
