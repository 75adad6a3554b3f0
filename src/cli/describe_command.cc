#include "cli/describe_command.h"

#include <cstdio>
#include <utility>

#include <unistd.h>

#include <manta/detail/json.h>

#include "api/graph.h"
#include "api/load_artifact.h"
#include "builtin/applications.h"
#include "cli/config_source.h"
#include "cli/described_applications.h"
#include "cli/terminal.h"
#include "control/application_record.h"

namespace manta::cli {
namespace {

// While build() runs, standard output is standard error: the description must stand there alone.
class QuietStdout {
 public:
  QuietStdout() : kept_(::dup(STDOUT_FILENO)) { ::dup2(STDERR_FILENO, STDOUT_FILENO); }
  ~QuietStdout() {
    std::fflush(stdout);
    ::dup2(kept_, STDOUT_FILENO);
    ::close(kept_);
  }
  QuietStdout(const QuietStdout&) = delete;
  QuietStdout& operator=(const QuietStdout&) = delete;

 private:
  int kept_;
};

Result<api::ArtifactReference> reference_of(const std::string& import_path) {
  if (import_path.empty()) return api::ArtifactReference{.kind = "executable"};
  auto absolute = absolute_import_path(import_path, ".");
  if (!absolute) return std::unexpected(std::move(absolute.error()));
  auto artifact = control::artifact_of(*absolute);
  if (!artifact) return std::unexpected(std::move(artifact.error()));
  return api::ArtifactReference{.kind = artifact->kind, .path = artifact->source, .function = artifact->function};
}

Result<DescribedApplications> describe(const std::string& import_path, const std::string& args,
                                       const BuildFunction* builtin_build) {
  const QuietStdout quiet;
  auto reference = reference_of(import_path);
  if (!reference) return std::unexpected(std::move(reference.error()));
  auto build = api::load_build(*reference, builtin::applications(), builtin_build);
  if (!build) return std::unexpected(std::move(build.error()));
  auto applications = api::run_build(*build, args);
  if (!applications) return std::unexpected(std::move(applications.error()));
  DescribedApplications described;
  for (const Application& application : *applications) {
    auto graph = api::make_graph(application);
    if (!graph) return std::unexpected(std::move(graph.error()));
    described.applications.push_back(api::describe(*graph));
  }
  return described;
}

}  // namespace

int describe_command(const std::string& import_path, const std::string& args, const Environment& environment,
                     BuildFunction* builtin_build) {
  const std::string given = args.empty() ? environment.get(kDescribeArgsVariable).value_or("{}") : args;
  const auto described = describe(import_path, given, builtin_build);
  const auto json = described ? detail::to_json(*described) : std::unexpected(described.error());
  if (!json) {
    print_error_line(json.error().message);
    return 1;
  }
  std::puts(json->c_str());
  return 0;
}

}  // namespace manta::cli
