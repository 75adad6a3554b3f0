#include "control/placement_node.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "control/placement_labels.h"

namespace manta::control {
namespace {

bool is_whole(double share) { return share >= 1 - kPlacementEpsilon; }

// Where others use the GPUs too, what is left for us may end in a fraction.
std::vector<double> free_shares(double count) {
  std::vector<double> shares(static_cast<std::size_t>(std::max(0.0, count + kPlacementEpsilon)), 1.0);
  const double rest = count - static_cast<double>(shares.size());
  if (rest > kPlacementEpsilon) shares.push_back(rest);
  return shares;
}

void add_reason(std::string& text, const std::string& reason) {
  if (!text.empty() && !reason.empty()) text += ", ";
  text += reason;
}

}  // namespace

std::string amount_text(double value) { return fmt::format("{:g}", std::round(value * 10'000) / 10'000); }

std::string counted(double value, std::string_view noun) {
  const std::string plural = value == 1 ? "" : "s";
  return fmt::format("{} {}{}", amount_text(value), noun, plural);
}

std::string bytes_text(double value) {
  if (value >= 1024.0 * 1024 * 1024) return fmt::format("{:.1f} GiB", value / (1024.0 * 1024 * 1024));
  return fmt::format("{:.0f} MiB", value / (1024.0 * 1024));
}

std::vector<int> choose_gpus(const std::vector<double>& free, double count) {
  std::vector<int> chosen;
  if (count >= 1 - kPlacementEpsilon) {
    for (std::size_t i = 0; i < free.size() && static_cast<double>(chosen.size()) < count - kPlacementEpsilon; ++i)
      if (is_whole(free[i])) chosen.push_back(static_cast<int>(i));
    if (static_cast<double>(chosen.size()) < count - kPlacementEpsilon) chosen.clear();
    return chosen;
  }
  int best = -1;
  for (std::size_t i = 0; i < free.size(); ++i)
    if (free[i] >= count - kPlacementEpsilon && (best < 0 || free[i] < free[static_cast<std::size_t>(best)]))
      best = static_cast<int>(i);
  if (best >= 0) chosen.push_back(best);
  return chosen;
}

FreeNode::FreeNode(NodeView node)
    : view_(std::move(node)),
      cpus_(view_.total.num_cpus),
      memory_(view_.total.memory),
      custom_(view_.total.resources),
      gpus_(free_shares(view_.total.num_gpus)) {}

double FreeNode::custom(const std::string& name) const {
  const auto found = custom_.find(name);
  return found == custom_.end() ? 0 : found->second;
}

int FreeNode::replicas_of(int deployment) const {
  const auto found = std::ranges::find(replicas_of_, deployment, &std::pair<int, int>::first);
  return found == replicas_of_.end() ? 0 : found->second;
}

void FreeNode::count_replica(int deployment, int by) {
  replicas_ += by;
  const auto found = std::ranges::find(replicas_of_, deployment, &std::pair<int, int>::first);
  if (found == replicas_of_.end())
    replicas_of_.emplace_back(deployment, by);
  else
    found->second += by;
}

bool FreeNode::is_eligible(const Resources& need) const {
  if (!view_.alive) return false;
  if (!need.accelerator_type.empty() && need.accelerator_type != view_.accelerator_type) return false;
  return need.label_selector.empty() || unmet_label(view_, need.label_selector).empty();
}

bool FreeNode::has_room(const Resources& need) const {
  if (need.num_cpus > 0 && cpus_ < need.num_cpus - kPlacementEpsilon) return false;
  if (need.memory > 0 && memory_ < need.memory) return false;
  if (need.num_gpus > 0 && choose_gpus(gpus_, need.num_gpus).empty()) return false;
  return std::ranges::all_of(need.resources, [this](const auto& wanted) {
    return wanted.second <= 0 || custom(wanted.first) >= wanted.second - kPlacementEpsilon;
  });
}

std::vector<std::vector<int>> FreeNode::gpu_choices(double count) const {
  if (count <= 0) return {{}};
  std::vector<std::vector<int>> choices;
  if (count >= 1 - kPlacementEpsilon) {
    if (auto whole = choose_gpus(gpus_, count); !whole.empty()) choices.push_back(std::move(whole));
    return choices;
  }
  std::vector<int> order;
  for (std::size_t i = 0; i < gpus_.size(); ++i)
    if (gpus_[i] >= count - kPlacementEpsilon) order.push_back(static_cast<int>(i));
  const auto share = [this](int gpu) { return gpus_[static_cast<std::size_t>(gpu)]; };
  std::ranges::stable_sort(order, {}, share);
  for (const int gpu : order)
    if (choices.empty() || share(gpu) > share(choices.back().front()) + kPlacementEpsilon) choices.push_back({gpu});
  return choices;
}

double FreeNode::largest_gpus(double count) const {
  if (count < 1) return gpus_.empty() ? 0 : *std::ranges::max_element(gpus_);
  return static_cast<double>(std::ranges::count_if(gpus_, is_whole));
}

bool FreeNode::has_same_free(const FreeNode& other) const {
  return cpus_ == other.cpus_ && memory_ == other.memory_ && gpus_ == other.gpus_ && custom_ == other.custom_ &&
         view_.labels == other.view_.labels && view_.accelerator_type == other.view_.accelerator_type &&
         replicas_of_ == other.replicas_of_;
}

std::string FreeNode::why_not(const Resources& need) const {
  if (view_.draining) return "is being drained";
  if (!view_.alive) return "is gone or leaving";
  std::string text = unmet_label(view_, need.label_selector);
  if (!need.accelerator_type.empty() && need.accelerator_type != view_.accelerator_type)
    add_reason(text, fmt::format("accelerator_type is {}, needs {}",
                                 view_.accelerator_type.empty() ? "not known" : view_.accelerator_type,
                                 need.accelerator_type));
  const auto compare = [&text](std::string_view what, double free, double wanted) {
    if (wanted > 0 && free < wanted - kPlacementEpsilon)
      add_reason(text, fmt::format("{} {} free < {}", what, amount_text(std::max(0.0, free)), amount_text(wanted)));
  };
  compare("GPU", largest_gpus(need.num_gpus), need.num_gpus);
  compare("CPU", cpus_, need.num_cpus);
  if (need.memory > 0 && memory_ < need.memory)
    add_reason(text, fmt::format("memory {} free < {}", bytes_text(std::max(0.0, memory_)), bytes_text(need.memory)));
  for (const auto& [name, wanted] : need.resources) compare(name, custom(name), wanted);
  return text;
}

void FreeNode::change(const Resources& need, const std::vector<int>& gpus, double sign) {
  shares_ += sign < 0 ? 1 : -1;
  cpus_ += sign * need.num_cpus;
  memory_ += sign * need.memory;
  for (const auto& [name, count] : need.resources) custom_[name] += sign * count;
  const double share = std::min(1.0, need.num_gpus);
  if (gpus_.empty()) return;
  for (const int gpu : gpus) {
    // A device that is not there any more was taken by others: the replica holds another one.
    const bool is_there = gpu >= 0 && static_cast<std::size_t>(gpu) < gpus_.size();
    *(is_there ? gpus_.begin() + gpu : std::ranges::max_element(gpus_)) += sign * share;
  }
}

}  // namespace manta::control
