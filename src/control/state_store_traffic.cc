// StateStore: traffic weights that are not in the configuration.
#include "control/sql_statement.h"
#include "control/state_store.h"

namespace manta::control {

Result<std::map<std::pair<std::string, std::string>, std::string>> StateStore::traffic_states() {
  std::map<std::pair<std::string, std::string>, std::string> states;
  SqlStatement select(database_, "SELECT application, route, state FROM traffic");
  for (;;) {
    const auto row = select.step();
    if (!row) return std::unexpected(row.error());
    if (!*row) return states;
    states[{select.text(0), select.text(1)}] = select.text(2);
  }
}

Result<void> StateStore::set_traffic_state(const std::pair<std::string, std::string>& key,
                                           const std::optional<std::string>& json) {
  SqlStatement change(database_, json ? "INSERT OR REPLACE INTO traffic VALUES (?, ?, ?)"
                                      : "DELETE FROM traffic WHERE application = ? AND route = ?");
  change.bind(1, key.first).bind(2, key.second);
  if (json) change.bind(3, *json);
  const auto done = change.step();
  if (!done) return std::unexpected(done.error());
  return {};
}

}  // namespace manta::control
