// StateStore: numbers of replicas that are not in the configuration.
#include "control/sql_statement.h"
#include "control/state_store.h"

namespace manta::control {

Result<std::map<DeploymentKey, int>> StateStore::scales() {
  std::map<DeploymentKey, int> scales;
  SqlStatement select(database_, "SELECT application, deployment, num_replicas FROM scales");
  for (;;) {
    const auto row = select.step();
    if (!row) return std::unexpected(row.error());
    if (!*row) return scales;
    scales[{select.text(0), select.text(1)}] = static_cast<int>(select.integer(2));
  }
}

Result<void> StateStore::set_scale(const DeploymentKey& key, std::optional<int> num_replicas) {
  SqlStatement change(database_, num_replicas ? "INSERT OR REPLACE INTO scales VALUES (?, ?, ?)"
                                              : "DELETE FROM scales WHERE application = ? AND deployment = ?");
  change.bind(1, key.application).bind(2, key.deployment);
  if (num_replicas) change.bind(3, std::int64_t{*num_replicas});
  const auto done = change.step();
  if (!done) return std::unexpected(done.error());
  return {};
}

Result<bool> StateStore::capacity_grows() {
  SqlStatement select(database_, "SELECT value FROM instance WHERE key = 'capacity_grows'");
  const auto row = select.step();
  if (!row) return std::unexpected(row.error());
  return *row && select.integer(0) != 0;
}

Result<void> StateStore::set_capacity_grows(bool grows) {
  SqlStatement change(database_, "INSERT OR REPLACE INTO instance VALUES ('capacity_grows', ?)");
  change.bind(1, std::int64_t{grows});
  const auto done = change.step();
  if (!done) return std::unexpected(done.error());
  return {};
}

}  // namespace manta::control
