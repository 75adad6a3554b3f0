#include "cli/describe_artifact.h"

#include <utility>

#include <manta/detail/json.h>

#include "cli/described_applications.h"
#include "runtime/local/captured_run.h"
#include "runtime/local/spawn.h"

namespace manta::cli {

Task<Result<std::vector<spec::ApplicationGraph>>> describe_artifact(Loop& loop, std::vector<std::string> base,
                                                                    control::ArtifactRef artifact, std::string args,
                                                                    std::map<std::string, std::string> environment) {
  std::vector<std::pair<std::string, std::string>> changes(environment.begin(), environment.end());
  changes.emplace_back(kDescribeArgsVariable, std::move(args));
  runtime::CapturedRun run{.program = "/proc/self/exe",
                           .argv = {"manta", "describe"},
                           .environment = runtime::environment_with(base, changes)};
  if (artifact.kind == "executable") {
    run.program = artifact.path;
    run.argv[0] = artifact.source;
  } else {
    run.argv.push_back(artifact.kind == "builtin" ? "builtin:" + artifact.function
                                                  : artifact.path + ":" + artifact.function);
  }
  auto output = co_await runtime::run_captured(loop, std::move(run));
  if (!output) co_return std::unexpected(std::move(output.error()));
  auto described = detail::from_json<DescribedApplications>(*output);
  if (!described)
    co_return fail(ErrorCode::InvalidArgument, "its description cannot be read: " + described.error().message);
  co_return std::move(described->applications);
}

}  // namespace manta::cli
