#include "cli/runtime_env.h"

#include <map>
#include <vector>

#include <fmt/format.h>

#include <manta/detail/json.h>
#include <manta/tensor.h>

#include "cli/option_file.h"
#include "cli/terminal.h"
#include "spec/validate.h"
#include "spec/yaml_document.h"

namespace manta::cli {
namespace {

using Variables = std::map<std::string, std::string>;

Result<Variables> variables_of(const std::string& text, const std::string& option, const Environment& environment) {
  std::vector<spec::Finding> findings;
  const auto lookup = [&](const std::string& name) { return environment.get(name); };
  const spec::YamlDocument document = spec::read_yaml(text, lookup, findings);
  if (!findings.empty()) return fail(ErrorCode::InvalidArgument, option + ": " + findings.front().message);
  const auto members = detail::from_json<std::map<std::string, Json>>(document.json);
  if (!members) return fail(ErrorCode::InvalidArgument, option + ": expected an object, as {env_vars: {NAME: value}}");
  Variables variables;
  for (const auto& [name, value] : *members) {
    if (name != "env_vars") {
      print_error_line(fmt::format("warning: {}: '{}' is not acted on: only env_vars is", option, name));
      continue;
    }
    auto given = detail::from_json<Variables>(value.text);
    if (!given) return fail(ErrorCode::InvalidArgument, option + ": env_vars: " + given.error().message);
    variables = std::move(*given);
  }
  return variables;
}

void add(spec::InstanceConfig& config, const Variables& variables) {
  for (spec::ApplicationConfig& application : config.applications)
    for (const auto& [name, value] : variables) application.env_vars[name] = value;
}

}  // namespace

Result<void> add_runtime_env(spec::InstanceConfig& config, const std::string& file, const std::string& json,
                             const Environment& environment) {
  if (!file.empty()) {
    const auto content = file_of_option("--runtime-env", file);
    if (!content) return std::unexpected(content.error());
    const auto variables = variables_of(*content, "--runtime-env", environment);
    if (!variables) return std::unexpected(variables.error());
    add(config, *variables);
  }
  if (!json.empty()) {
    const auto variables = variables_of(json, "--runtime-env-json", environment);
    if (!variables) return std::unexpected(variables.error());
    add(config, *variables);
  }
  return spec::validate(config);
}

}  // namespace manta::cli
