#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <utility>

#include <manta/detail/json.h>

#include "api/graph.h"
#include "api/load_artifact.h"
#include "api/replica_runtime.h"
#include "base/loop.h"
#include "builtin/applications.h"
#include "cli/cluster/security.h"
#include "cli/replica_artifact.h"
#include "cli/replica_process.h"
#include "cli/roles.h"
#include "control/replica_spec.h"
#include "runtime/local/fd_watch.h"

namespace manta::cli {
namespace {

// Builds the application again, as `describe` did, from the copy that this process runs. An executable is this process.
Result<api::Graph> build_graph(const control::ReplicaSpec& spec, const Environment& environment,
                               const net::PeerSecurityPtr& security, const BuildFunction* builtin_build) {
  auto path = spec.artifact_kind == "library" ? local_artifact(spec, environment, security) : spec.artifact;
  if (!path) return std::unexpected(std::move(path.error()));
  auto build = api::load_build({.kind = spec.artifact_kind, .path = *std::move(path), .function = spec.function},
                               builtin::applications(), builtin_build);
  if (!build) return std::unexpected(std::move(build.error()));
  auto applications = api::run_build(*build, spec.args);
  if (!applications) return std::unexpected(std::move(applications.error()));
  const auto index = static_cast<std::size_t>(spec.graph_index);
  if (index >= applications->size())
    return fail(ErrorCode::Internal, "build() made fewer applications than when it was described");
  return api::make_graph((*applications)[index]);
}

}  // namespace

int run_replica_role(int listen_fd, const Environment& environment, BuildFunction* builtin_build) {
  auto spec = detail::from_json<control::ReplicaSpec>(environment.get(control::kReplicaSpecVariable).value_or("{}"));
  if (!spec) return std::fprintf(stderr, "%s: %s\n", control::kReplicaSpecVariable, spec.error().message.c_str()), 2;
  const auto security = cluster_security(environment);
  if (!security) return std::fprintf(stderr, "%s\n", security.error().message.c_str()), 2;
  // A node that has no copy of the program starts Manta's binary, or the one that the instance was started with.
  if (spec->artifact_kind == "executable" && !is_program(*spec))
    return std::fprintf(stderr, "%s\n", become_program(*spec, listen_fd, environment, *security).message.c_str()), 1;
  SystemClock clock;
  Loop loop(clock);
  ReplicaProcess* running = nullptr;
  bool draining = false;
  // Before any thread is made, so that all of them leave these signals to the loop. The second one ends at once, and so
  // does the first while a constructor may block: nothing has been promised to anybody yet.
  const auto signals = runtime::watch_signals(loop, {SIGTERM, SIGINT}, [&](int signal) {
    if (running != nullptr && running->is_starting()) std::_Exit(128 + signal);
    if (running == nullptr || std::exchange(draining, true)) return loop.stop();
    running->drain([&loop] { loop.stop(); });
  });
  ReplicaProcess process(loop, *spec,
                         {.identity = {.application = spec->application,
                                       .deployment = spec->deployment,
                                       .id = spec->id,
                                       .node_id = spec->node_id,
                                       .version = spec->version,
                                       .fingerprint = spec->fingerprint,
                                       .config = spec->config,
                                       .rank = spec->rank,
                                       .world_size = spec->world_size,
                                       .node_rank = spec->node_rank,
                                       .local_rank = spec->local_rank,
                                       .gang_id = spec->gang_id,
                                       .gang_epoch = spec->gang_epoch},
                          .graph = [&spec = *spec, &environment, &security = *security,
                                    builtin_build] { return build_graph(spec, environment, security, builtin_build); },
                          .fake = nullptr,
                          .controller_address = spec->controller_address,
                          .connect = nullptr,
                          .environment = environment.map(),
                          .security = *security});
  running = &process;
  loop.post([&] { process.start(listen_fd); });
  loop.run();
  return 0;
}

}  // namespace manta::cli
