#include "cli/check_config_command.h"

#include <utility>
#include <vector>

#include "cli/config_source.h"
#include "cli/describe_artifact.h"
#include "cli/run_to_end.h"
#include "cli/terminal.h"

namespace manta::cli {
namespace {

Task<Result<void>> check_applications(Loop& loop, std::vector<spec::ApplicationConfig> configs,
                                      std::vector<std::string> base) {
  control::ApplicationRecords all;
  for (std::size_t i = 0; i < configs.size(); ++i) {
    const spec::ApplicationConfig& config = configs[i];
    auto artifact = control::artifact_of(config.import_path);
    if (!artifact) co_return std::unexpected(control::of_import_path(i, std::move(artifact.error())));
    artifact->path = artifact->source;
    auto graphs = co_await describe_artifact(loop, base, *artifact, config.args, config.env_vars);
    if (!graphs) co_return std::unexpected(control::not_described(i, config, std::move(graphs.error())));
    auto records = control::make_records(config, *artifact, std::move(*graphs), 0);
    if (!records) co_return std::unexpected(control::of_application(i, std::move(records.error())));
    for (control::ApplicationRecord& record : *records) all.emplace_back(std::move(record));
  }
  co_return control::check_unique(all);
}

}  // namespace

int check_config_command(const std::string& file, const Environment& environment) {
  const auto complain = [](const Error& error) {
    print_error_line("error: " + error.message);
    return 1;
  };
  spec::ConfigPlaces places;
  auto config = read_config_file(file, environment, &places);
  if (!config) return complain(config.error());
  const auto checked = run_to_end<Result<void>>(
      [&](Loop& loop) { return check_applications(loop, config->applications, environment.entries()); });
  if (!checked) return complain(places.located(checked.error()));
  print_line(file + ": valid");
  return 0;
}

}  // namespace manta::cli
