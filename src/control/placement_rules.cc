#include "control/placement_rules.h"

#include <algorithm>
#include <string>

namespace manta::control {
namespace {

Strategy strategy_of(const std::string& text) {
  if (text == "SPREAD") return Strategy::Spread;
  if (text == "STRICT_PACK") return Strategy::StrictPack;
  if (text == "STRICT_SPREAD") return Strategy::StrictSpread;
  return Strategy::Pack;
}

Resources bundle_of(const std::map<std::string, double>& amounts) {
  Resources bundle{.num_cpus = 0};
  for (const auto& [name, amount] : amounts) {
    if (name == "CPU")
      bundle.num_cpus = amount;
    else if (name == "GPU")
      bundle.num_gpus = amount;
    else if (name == "memory")
      bundle.memory = amount;
    else
      bundle.resources[name] = amount;
  }
  return bundle;
}

void raise_to(Resources& bundle, const Resources& least) {
  bundle.num_cpus = std::max(bundle.num_cpus, least.num_cpus);
  bundle.num_gpus = std::max(bundle.num_gpus, least.num_gpus);
  bundle.memory = std::max(bundle.memory, least.memory);
  for (const auto& [name, amount] : least.resources) bundle.resources[name] = std::max(bundle.resources[name], amount);
  for (const auto& [key, value] : least.label_selector) bundle.label_selector.emplace(key, value);
}

std::vector<Resources> bundles_of(const DeploymentConfig& config) {
  std::vector<Resources> bundles;
  const auto& selectors = config.placement_group_bundle_label_selector;
  for (std::size_t i = 0; i < config.placement_group_bundles.size(); ++i) {
    Resources bundle = bundle_of(config.placement_group_bundles[i]);
    if (!selectors.empty()) bundle.label_selector = selectors[selectors.size() == 1 ? 0 : i];
    if (i == 0) raise_to(bundle, config.ray_actor_options);
    if (i == 0 || bundle.num_gpus > 0) bundle.accelerator_type = config.ray_actor_options.accelerator_type;
    bundles.push_back(std::move(bundle));
  }
  return bundles;
}

// What the first bundle asks for itself holds with every fallback.
std::vector<std::map<std::string, std::string>> fallbacks_of(const DeploymentConfig& config) {
  std::vector<std::map<std::string, std::string>> fallbacks;
  for (const FallbackOption& option : config.ray_actor_options.fallback_strategy) {
    fallbacks.emplace_back();
    if (!config.placement_group_bundles.empty() && !config.placement_group_bundle_label_selector.empty())
      fallbacks.back() = config.placement_group_bundle_label_selector.front();
    fallbacks.back().insert(option.label_selector.begin(), option.label_selector.end());
  }
  return fallbacks;
}

}  // namespace

std::string_view name(Strategy strategy) {
  switch (strategy) {
    case Strategy::Pack:
      return "PACK";
    case Strategy::Spread:
      return "SPREAD";
    case Strategy::StrictPack:
      return "STRICT_PACK";
    case Strategy::StrictSpread:
      return "STRICT_SPREAD";
  }
  return "PACK";
}

PlacementRules placement_rules(const DeploymentConfig& config) {
  PlacementRules rules{.bundles = bundles_of(config),
                       .strategy = strategy_of(config.placement_group_strategy),
                       .affinity = config.node_affinity};
  if (rules.bundles.empty() && rules.strategy != Strategy::Pack) rules.bundles.push_back(config.ray_actor_options);
  rules.fallbacks = fallbacks_of(config);
  if (!config.gang_scheduling_config) return rules;
  rules.gang_size = std::max(1, config.gang_scheduling_config->gang_size);
  rules.gang_strategy = strategy_of(config.gang_scheduling_config->gang_placement_strategy);
  return rules;
}

}  // namespace manta::control
