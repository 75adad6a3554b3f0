// StateStore: what autoscaling policies remember.
#include <manta/detail/json.h>

#include "control/sql_statement.h"
#include "control/state_store.h"

namespace manta::control {

Result<std::map<DeploymentKey, PolicyMemory>> StateStore::policy_memories() {
  std::map<DeploymentKey, PolicyMemory> memories;
  SqlStatement select(database_, "SELECT application, deployment, memory FROM policy_memories");
  for (;;) {
    const auto row = select.step();
    if (!row) return std::unexpected(row.error());
    if (!*row) return memories;
    auto memory = detail::from_json<PolicyMemory>(select.text(2), UnknownKeys::Ignore);
    if (memory) memories[{select.text(0), select.text(1)}] = std::move(*memory);
  }
}

Result<void> StateStore::set_policy_memories(const std::map<DeploymentKey, PolicyMemory>& memories) {
  const auto write = [&]() -> Result<void> {
    if (auto cleared = execute("DELETE FROM policy_memories"); !cleared) return cleared;
    for (const auto& [key, memory] : memories) {
      const auto json = detail::to_json(memory);
      if (!json) return std::unexpected(json.error());
      SqlStatement insert(database_, "INSERT INTO policy_memories VALUES (?, ?, ?)");
      insert.bind(1, key.application).bind(2, key.deployment).bind(3, *json);
      if (const auto done = insert.step(); !done) return std::unexpected(done.error());
    }
    return {};
  };
  if (auto begun = execute("BEGIN IMMEDIATE"); !begun) return begun;
  Result<void> done = write();
  if (done) done = execute("COMMIT");
  if (!done) (void)execute("ROLLBACK");
  return done;
}

}  // namespace manta::control
