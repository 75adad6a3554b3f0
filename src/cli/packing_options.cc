#include "cli/packing_options.h"

#include <optional>
#include <string>

#include <manta/detail/json.h>

#include "base/of_seconds.h"

namespace manta::cli {
namespace {

std::optional<std::string> ours_or_rays(const Environment& environment, const std::string& name) {
  if (auto ours = environment.get("MANTA_" + name)) return ours;
  return environment.get("RAY_SERVE_" + name);
}

Duration time_of(const Environment& environment, const std::string& name, Duration otherwise) {
  const auto text = ours_or_rays(environment, name);
  const auto value = text ? detail::from_json<double>(*text) : Result<double>(0);
  return value && *value > 0 && *value < 1e9 ? of_seconds(*value) : otherwise;
}

}  // namespace

control::PackingOptions packing_options(const Environment& environment) {
  const control::PackingOptions defaults;
  return {.packs_nodes = ours_or_rays(environment, "USE_PACK_SCHEDULING_STRATEGY") == "1",
          .delay = time_of(environment, "NODE_COMPACTION_DELAY_S", defaults.delay),
          .timeout = time_of(environment, "COMPACTION_TIMEOUT_S", defaults.timeout),
          .most_backoff = time_of(environment, "COMPACTION_MAX_BACKOFF_TIME_S", defaults.most_backoff)};
}

}  // namespace manta::cli
