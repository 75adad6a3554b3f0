#include "cli/effective_text.h"

#include <algorithm>
#include <vector>

#include <fmt/format.h>

namespace manta::cli {
namespace {

constexpr std::size_t kLongest = 48;  // of a value

std::string shortened(const std::string& json) {
  return json.size() <= kLongest ? json : json.substr(0, kLongest - 3) + "...";
}

std::string table(const std::vector<control::EffectiveValue>& values) {
  std::size_t keys = 3, texts = 5;
  for (const control::EffectiveValue& value : values) {
    keys = std::max(keys, value.key.size());
    texts = std::max(texts, shortened(value.value.text).size());
  }
  std::string text = fmt::format("  {:<{}}  {:<{}}  ORIGIN\n", "KEY", keys, "VALUE", texts);
  for (const control::EffectiveValue& value : values)
    text += fmt::format("  {:<{}}  {:<{}}  {}{}{}\n", value.key, keys, shortened(value.value.text), texts, value.origin,
                        value.where.empty() ? "" : " ", value.where);
  return text;
}

}  // namespace

std::string effective_text(const control::EffectiveConfig& config, const std::string& deployment) {
  std::string text;
  if (deployment.empty()) text = fmt::format("{}\n{}", config.name, table(config.values));
  for (const control::EffectiveDeployment& entry : config.deployments)
    if (deployment.empty() || entry.name == deployment)
      text += fmt::format("{}{}/{}\n{}", text.empty() ? "" : "\n", config.name, entry.name, table(entry.values));
  return text;
}

}  // namespace manta::cli
