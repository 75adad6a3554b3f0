#pragma once

#include <ranges>
#include <string>
#include <utility>

#include "control/cluster_view.h"

namespace manta::control {

// The part of `replicas`, which are by id, that can be of this deployment: its ids begin with
// "application#deployment#". Instead of a look at all replicas for each deployment.
template <class Replicas>
auto replicas_of(Replicas& replicas, const DeploymentKey& key) {
  std::string prefix = key.application + "#" + key.deployment + "#";
  const auto first = replicas.lower_bound(prefix);
  return std::ranges::subrange(first, replicas.end()) |
         std::views::take_while(
             [prefix = std::move(prefix)](const auto& entry) { return entry.first.starts_with(prefix); });
}

}  // namespace manta::control
