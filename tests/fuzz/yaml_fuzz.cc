#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <manta/detail/json.h>

#include "fuzz/require.h"
#include "spec/deployment_override.h"
#include "spec/parse_config.h"

// Any bytes as a configuration file: they are refused with a message that begins with the file's name, or the
// configuration survives its way to the controller as JSON and its overrides apply.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace manta;
  using fuzz::require;
  const auto lookup = [](const std::string& name) {
    return name == "SET" ? std::optional<std::string>("2") : std::nullopt;
  };
  std::vector<std::string> warnings;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto config = spec::parse_config(text, "f.yaml", lookup, &warnings);
  if (!config) {
    require(config.error().message.starts_with("f.yaml:"));
    return 0;
  }
  const auto json = detail::to_json(*config);
  require(json && detail::from_json<spec::InstanceConfig>(*json).value() == *config);
  for (const spec::ApplicationConfig& application : config->applications)
    for (const spec::DeploymentOverride& override : application.deployments)
      require(spec::apply_override({}, override).has_value());
  return 0;
}
