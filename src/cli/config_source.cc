#include "cli/config_source.h"

#include <filesystem>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include <manta/detail/json.h>
#include <manta/tensor.h>

#include "base/read_file.h"
#include "cli/terminal.h"
#include "codec/nearest.h"
#include "control/application_record.h"
#include "spec/import_path.h"
#include "spec/parse_config.h"
#include "spec/validate.h"
#include "spec/value_places.h"
#include "spec/yaml_scalar.h"

namespace manta::cli {
namespace {

namespace fs = std::filesystem;

bool is_config_file(const std::string& target) {
  return target.ends_with(".yaml") || target.ends_with(".yml") || target.ends_with(".json");
}

// "; did you mean 'librag.so'?" with a file of the same folder.
std::string near_file(const fs::path& missing) {
  std::error_code error;
  std::vector<std::string> names;
  for (fs::directory_iterator entry(missing.parent_path(), error), end; !error && entry != end; entry.increment(error))
    if (entry->is_regular_file(error)) names.push_back(entry->path().filename().string());
  const std::string_view near =
      codec::nearest(missing.filename().string(), std::vector<std::string_view>(names.begin(), names.end()));
  return near.empty() ? "" : fmt::format("; did you mean '{}'?", near);
}

}  // namespace

Result<std::string> absolute_import_path(const std::string& import_path, const std::string& directory) {
  const auto parsed = spec::parse_import_path(import_path);
  if (!parsed) return std::unexpected(parsed.error());
  if (auto runnable = spec::check_runnable(*parsed); !runnable) return std::unexpected(std::move(runnable.error()));
  if (parsed->kind == spec::ImportPath::Kind::Builtin) return import_path;
  const std::string file = (fs::path(directory) / parsed->file).lexically_normal().string();
  std::error_code ignored;
  if (!fs::exists(file, ignored))
    return fail(ErrorCode::NotFound,
                fmt::format("import_path '{}': there is no file {}{}", import_path, file, near_file(file)));
  if (!fs::is_regular_file(file, ignored))
    return fail(ErrorCode::InvalidArgument, fmt::format("import_path '{}': {} is not a file", import_path, file));
  return parsed->kind == spec::ImportPath::Kind::Program ? "exec:" + file : file + ":" + parsed->symbol;
}

Result<spec::InstanceConfig> read_config_file(const std::string& path, const Environment& environment,
                                              spec::ConfigPlaces* places) {
  auto text = read_file(path);
  if (!text) return std::unexpected(std::move(text.error()));
  std::vector<std::string> warnings;
  spec::ConfigPlaces found;
  const auto lookup = [&](const std::string& name) { return environment.get(name); };
  auto config = spec::parse_config(*text, path, lookup, &warnings, &found);
  for (const std::string& warning : warnings) print_error_line("warning: " + warning);
  if (!config) return config;
  const std::string directory = fs::absolute(fs::path(path)).parent_path().string();
  for (std::size_t i = 0; i < config->applications.size(); ++i) {
    spec::ApplicationConfig& application = config->applications[i];
    auto absolute = absolute_import_path(application.import_path, directory);
    if (!absolute) {
      Error error = control::of_import_path(i, std::move(absolute.error()));
      error.message.insert(0, fmt::format("application '{}': ", application.name));
      return std::unexpected(found.located(std::move(error)));
    }
    application.import_path = std::move(*absolute);
  }
  spec::note_places(*config, found);
  if (places != nullptr) *places = std::move(found);
  return config;
}

Result<spec::InstanceConfig> config_of_target(const std::string& target, const std::string& args,
                                              const Environment& environment, spec::ConfigPlaces* places,
                                              const std::string& directory) {
  if (is_config_file(target)) {
    if (!args.empty())
      return fail(ErrorCode::InvalidArgument, "--args belongs to an import path; a file has its own `args`");
    return read_config_file(target, environment, places);
  }
  auto absolute = absolute_import_path(target, (fs::current_path() / directory).string());
  if (!absolute) return std::unexpected(std::move(absolute.error()));
  spec::InstanceConfig config;
  config.applications.push_back({.import_path = std::move(*absolute)});
  if (!args.empty()) config.applications.front().args = args;
  if (auto valid = spec::validate(config); !valid) return std::unexpected(std::move(valid.error()));
  return config;
}

Result<std::string> build_arguments(const std::string& args, const std::vector<std::string>& words) {
  if (words.empty()) return args;
  auto object = detail::from_json<std::map<std::string, Json>>(args.empty() ? "{}" : args);
  if (!object) return fail(ErrorCode::InvalidArgument, "--args: " + object.error().message);
  for (const std::string& word : words) {
    const std::size_t equals = word.find('=');
    if (equals == std::string::npos || equals == 0)
      return fail(ErrorCode::InvalidArgument, fmt::format("'{}': expected key=value, an argument of build()", word));
    const std::string value = word.substr(equals + 1);
    detail::JsonWriter writer;
    if (value.empty() || !spec::write_plain_scalar(writer, value).empty()) writer.string(value);
    (*object)[word.substr(0, equals)] = Json{writer.take()};
  }
  return detail::to_json(*object);
}

Result<void> name_application(spec::InstanceConfig& config, const std::string& name, const std::string& route_prefix) {
  if (name.empty() && route_prefix.empty()) return {};
  if (config.applications.size() != 1)
    return fail(
        ErrorCode::InvalidArgument,
        fmt::format("--name and --route-prefix need one application; the file has {}", config.applications.size()));
  if (!name.empty()) config.applications.front().name = name;
  if (!route_prefix.empty()) config.applications.front().route_prefix = route_prefix;
  return spec::validate(config);
}

}  // namespace manta::cli
