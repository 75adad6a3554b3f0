// StateStore: the last events, and what is being drained.
#include <fmt/format.h>

#include "control/sql_statement.h"
#include "control/state_store.h"

namespace manta::control {

Result<std::vector<std::pair<std::int64_t, std::string>>> StateStore::events() {
  std::vector<std::pair<std::int64_t, std::string>> events;
  SqlStatement select(database_, "SELECT id, event FROM events ORDER BY id");
  for (;;) {
    const auto row = select.step();
    if (!row) return std::unexpected(row.error());
    if (!*row) return events;
    events.emplace_back(select.integer(0), select.text(1));
  }
}

Result<void> StateStore::write_events(const std::vector<std::pair<std::int64_t, std::string>>& events,
                                      std::size_t kept) {
  for (const auto& [id, json] : events) {
    SqlStatement insert(database_, "INSERT OR REPLACE INTO events VALUES (?, ?)");
    if (auto row = insert.bind(1, id).bind(2, json).step(); !row) return std::unexpected(row.error());
  }
  return execute(fmt::format("DELETE FROM events WHERE id <= (SELECT max(id) FROM events) - {}", kept));
}

Result<std::map<std::string, double>> StateStore::drains() {
  std::map<std::string, double> drains;
  SqlStatement select(database_, "SELECT name, until_s FROM draining");
  for (;;) {
    const auto row = select.step();
    if (!row) return std::unexpected(row.error());
    if (!*row) return drains;
    drains[select.text(0)] = select.real(1);
  }
}

Result<void> StateStore::set_drain(const std::string& name, std::optional<double> until_s) {
  SqlStatement change(
      database_, until_s ? "INSERT OR REPLACE INTO draining VALUES (?, ?)" : "DELETE FROM draining WHERE name = ?");
  change.bind(1, name);
  if (until_s) change.bind(2, *until_s);
  const auto done = change.step();
  if (!done) return std::unexpected(done.error());
  return {};
}

// Nothing is decided by events: they need not be on disk when the call returns, only in the hands of the kernel. A
// controller that is killed loses none; a machine that loses its power may.
Result<void> StateStore::add_events(const std::vector<std::pair<std::int64_t, std::string>>& events, std::size_t kept) {
  if (auto eased = execute("PRAGMA synchronous = NORMAL; BEGIN IMMEDIATE"); !eased) return eased;
  Result<void> done = write_events(events, kept);
  if (done) done = execute("COMMIT");
  if (!done) (void)execute("ROLLBACK");
  if (auto strict = execute("PRAGMA synchronous = FULL"); !strict) return strict;
  return done;
}

}  // namespace manta::control
