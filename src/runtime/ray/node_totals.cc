#include "runtime/ray/node_totals.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "runtime/ray/ray_messages.h"

namespace manta::runtime {
namespace {

constexpr double kGrain = 1e-4;  // Ray's own: finer amounts do not exist
constexpr const char* kAcceleratorLabel = "ray.io/accelerator-type";

Amounts all_amounts(const Resources& resources) {
  Amounts amounts = resources.resources;
  amounts["CPU"] = resources.num_cpus;
  amounts["GPU"] = resources.num_gpus;
  amounts["memory"] = resources.memory;
  return amounts;
}

Resources resources_of(Amounts amounts) {
  Resources resources{.num_cpus = amounts["CPU"], .num_gpus = amounts["GPU"], .memory = amounts["memory"]};
  for (const char* named : {"CPU", "GPU", "memory"}) amounts.erase(named);
  resources.resources = std::move(amounts);
  return resources;
}

double amount_of(const Amounts& amounts, const std::string& name) {
  const auto found = amounts.find(name);
  return found == amounts.end() ? 0 : found->second;
}

double rounded(double value) { return std::round(value / kGrain) * kGrain; }

struct Ours {
  Amounts settled, unsettled;
};

Ours ours_on(const std::string& node_id, const std::vector<HeldShare>& held) {
  Ours ours;
  for (const HeldShare& share : held) {
    if (share.node_id != node_id) continue;
    Amounts& sum = share.is_settled ? ours.settled : ours.unsettled;
    for (const auto& [name, amount] : all_amounts(share.amounts)) sum[name] += amount;
  }
  return ours;
}

std::string accelerator_of(const BridgeNode& node) {
  if (!node.total.accelerator_type.empty()) return node.total.accelerator_type;
  const auto label = node.labels.find(kAcceleratorLabel);
  return label == node.labels.end() ? "" : label->second;
}

}  // namespace

std::vector<NodeInfo> NodeTotals::of(const std::vector<BridgeNode>& nodes, const std::vector<HeldShare>& held) {
  std::map<std::string, Amounts> now_taken;
  std::vector<NodeInfo> infos;
  for (const BridgeNode& node : nodes) {
    const Ours ours = ours_on(node.node_id, held);
    const Amounts total = all_amounts(node.total), free = all_amounts(node.available);
    Amounts& before = taken_by_others_[node.node_id];
    Amounts& taken = now_taken[node.node_id];
    Amounts left;
    for (const auto& [name, amount] : total) {
      const double most = std::max(0.0, amount - amount_of(free, name) - amount_of(ours.settled, name));
      const double least = std::max(0.0, most - amount_of(ours.unsettled, name));
      taken[name] = std::clamp(amount_of(before, name), least, most);
      left[name] = rounded(std::max(0.0, amount - taken[name]));
    }
    infos.push_back({.node_id = node.node_id,
                     .total = resources_of(std::move(left)),
                     .labels = node.labels,
                     .accelerator_type = accelerator_of(node),
                     .is_head = node.is_head,
                     .address = node.address,
                     .machine = amounts_only(node.total),
                     .is_leaving = node.draining,
                     .leaves_at_s = node.drain_deadline_s});
  }
  taken_by_others_ = std::move(now_taken);
  return infos;
}

}  // namespace manta::runtime
