// Controller: what was deployed before, and what a deploy would change.
#include <algorithm>
#include <chrono>
#include <utility>

#include "base/unix_time.h"
#include "control/controller.h"
#include "spec/validate.h"

namespace manta::control {
namespace {

// Cancelling the description ends it too.
class Describing {
 public:
  explicit Describing(bool& is_under_way) : is_under_way_(is_under_way) { is_under_way_ = true; }
  ~Describing() { is_under_way_ = false; }
  Describing(const Describing&) = delete;
  Describing& operator=(const Describing&) = delete;

 private:
  bool& is_under_way_;
};

}  // namespace

Result<void> Controller::rollback(std::optional<std::int64_t> revision, const std::string& by) {
  if (auto allowed = may_deploy(); !allowed) return allowed;
  if (!revision) {
    auto known = parts_.store.history();
    if (!known) return std::unexpected(std::move(known.error()));
    if (known->size() < 2) return fail(ErrorCode::NotFound, "there is no earlier revision to go back to");
    revision = known->at(1).revision;
  }
  auto state = parts_.store.revision(*revision);
  if (!state) return std::unexpected(std::move(state.error()));
  const double now_s = unix_time_s();
  for (auto& record : state->records) record.edit().deployed_at_s = now_s;
  if (auto stored =
          apply(std::move(*state), {.time_s = now_s, .cause = "rollback to " + std::to_string(*revision), .by = by});
      !stored)
    return stored;
  sweep_artifacts();
  return {};
}

// While it describes no deploy starts: the copies that only it needs are swept at its end.
Task<Result<DeployPlan>> Controller::plan(spec::InstanceConfig config) {
  if (auto allowed = may_deploy(); !allowed) co_return std::unexpected(std::move(allowed.error()));
  if (auto valid = spec::validate(config); !valid) co_return std::unexpected(std::move(valid.error()));
  Result<ApplicationRecords> described;
  {
    const Describing describing(deploying_);
    described = co_await describe_all(std::move(config), false);
  }
  sweep_artifacts();
  if (!described) co_return std::unexpected(std::move(described.error()));
  if (auto unique = check_unique(*described); !unique) co_return std::unexpected(std::move(unique.error()));
  std::map<DeploymentKey, int> replicas;
  for (const auto& [name, application] : applications_)
    for (const auto& [deployment_name, deployment] : application.deployments)
      replicas[deployment.target.key] = deployment.target.num_replicas;
  co_return deploy_plan(deployed().records, *described, replicas);
}

}  // namespace manta::control
