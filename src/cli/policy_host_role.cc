#include <csignal>
#include <cstdio>
#include <utility>

#include <manta/detail/json.h>

#include "api/autoscaling_policies.h"
#include "api/graph.h"
#include "api/load_artifact.h"
#include "base/loop.h"
#include "builtin/applications.h"
#include "cli/roles.h"
#include "control/policy_host_spec.h"
#include "net/server.h"
#include "net/wire.h"
#include "runtime/local/fd_watch.h"
#include "runtime/local/spawn.h"
#include "spec/autoscaling_question.h"

namespace manta::cli {
namespace {

// Builds the application again, as `describe` did, from the copy that its replicas run.
Result<api::Graph> built(const control::PolicyHostSpec& spec, const BuildFunction* builtin_build) {
  auto build =
      api::load_build({.kind = spec.artifact.kind, .path = spec.artifact.path, .function = spec.artifact.function},
                      builtin::applications(), builtin_build);
  if (!build) return std::unexpected(std::move(build.error()));
  auto applications = api::run_build(*build, spec.args);
  if (!applications) return std::unexpected(std::move(applications.error()));
  const auto index = static_cast<std::size_t>(spec.graph_index);
  if (index >= applications->size())
    return fail(ErrorCode::Internal, "build() made fewer applications than when it was described");
  return api::make_graph((*applications)[index]);
}

void answer(api::AutoscalingPolicies& policies, net::Exchange& exchange) {
  const auto question = detail::from_json<spec::PolicyQuestion>(exchange.request().body, UnknownKeys::Ignore);
  spec::PolicyAnswer answer;
  if (question)
    answer = policies.answer(*question);
  else
    answer.error = "the question cannot be read: " + question.error().message;
  net::Response response{.status = 200, .headers = {}, .body = detail::to_json(answer).value_or("{}")};
  response.headers.add("content-type", net::wire::kJson);
  exchange.respond(std::move(response));
}

}  // namespace

int run_policy_host(const Environment& environment, BuildFunction* builtin_build) {
  const auto spec =
      detail::from_json<control::PolicyHostSpec>(environment.get(control::kPolicyHostVariable).value_or("{}"));
  if (!spec) return std::fprintf(stderr, "%s: %s\n", control::kPolicyHostVariable, spec.error().message.c_str()), 2;
  auto graph = built(*spec, builtin_build);
  if (!graph) return std::fprintf(stderr, "%s\n", graph.error().message.c_str()), 1;
  api::AutoscalingPolicies policies(*graph);
  SystemClock clock;
  Loop loop(clock);
  net::ReceiveBudget budget;
  net::Server server(loop, {.internal = true}, budget,
                     [&policies](const net::ExchangePtr& exchange) { answer(policies, *exchange); });
  server.on_disconnect([&loop](std::uint64_t) { loop.stop(); });
  loop.post([&server] { server.accept(runtime::kFirstInherited); });
  loop.run();
  return 0;
}

}  // namespace manta::cli
