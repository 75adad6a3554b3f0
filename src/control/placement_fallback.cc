#include "control/placement_fallback.h"

#include <map>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "control/placement_labels.h"

namespace manta::control {
namespace {

std::string name_of_fallback(std::size_t fallback) { return fmt::format("fallback_strategy[{}]", fallback); }

// What the replica itself stands on: its first bundle, or all it has.
const Resources& own_share(const ReplicaNeed& need) {
  return need.rules.bundles.empty() ? need.resources : need.rules.bundles.front();
}

}  // namespace

ReplicaNeed with_fallback(const ReplicaNeed& need, std::size_t fallback) {
  ReplicaNeed choice = need;
  Resources& own = choice.rules.bundles.empty() ? choice.resources : choice.rules.bundles.front();
  own.label_selector = need.rules.fallbacks[fallback];
  return choice;
}

void add_fallback_reason(Error& error, std::size_t fallback, const Error& its) {
  std::string_view reason = its.message;
  constexpr std::string_view kPending = "pending: ";
  if (reason.starts_with(kPending)) reason.remove_prefix(kPending.size());
  error.message += fmt::format("; {}: {}", name_of_fallback(fallback), reason);
}

std::string fallback_used(const ReplicaNeed& need, const NodeView& node) {
  if (unmet_label(node, own_share(need).label_selector).empty()) return {};
  for (std::size_t i = 0; i < need.rules.fallbacks.size(); ++i)
    if (unmet_label(node, need.rules.fallbacks[i]).empty()) return name_of_fallback(i);
  return "none of its selectors";
}

}  // namespace manta::control
