#include "control/state_store.h"

#include <fmt/format.h>

#include <sqlite3.h>

#include <manta/detail/json.h>

#include "control/sql_statement.h"

namespace manta::control {
namespace {

constexpr int kSchemaVersion = 1;
constexpr int kLockWaitMs = 300;  // a controller that was just killed may still be ending

constexpr const char* kSchema = R"(
  CREATE TABLE IF NOT EXISTS instance (key TEXT PRIMARY KEY, value INTEGER NOT NULL);
  CREATE TABLE IF NOT EXISTS applications (name TEXT PRIMARY KEY, record TEXT NOT NULL);
  CREATE TABLE IF NOT EXISTS history (id INTEGER PRIMARY KEY AUTOINCREMENT, application TEXT NOT NULL,
                                      artifact TEXT NOT NULL, deployed_at_s REAL NOT NULL, record TEXT NOT NULL);
)";

}  // namespace

Result<std::unique_ptr<StateStore>> StateStore::open(const std::string& path) {
  sqlite3* database = nullptr;
  const int code = sqlite3_open(path.c_str(), &database);
  std::unique_ptr<StateStore> store(new StateStore(database));
  if (code != SQLITE_OK)
    return fail(ErrorCode::Internal, fmt::format("state store {}: {}", path, sqlite3_errmsg(database)));
  sqlite3_busy_timeout(database, kLockWaitMs);
  if (auto ready = store->prepare_schema(); !ready) {
    Error error = std::move(ready.error());
    error.message = error.code == ErrorCode::Unavailable
                        ? fmt::format("{} is held by another controller", path)
                        : fmt::format("{} ({}); move the file away to start empty", error.message, path);
    return std::unexpected(std::move(error));
  }
  return store;
}

StateStore::~StateStore() { sqlite3_close(database_); }

Result<void> StateStore::execute(const char* sql) {
  const int code = sqlite3_exec(database_, sql, nullptr, nullptr, nullptr);
  if (code == SQLITE_OK) return {};
  const ErrorCode error = code == SQLITE_BUSY || code == SQLITE_LOCKED ? ErrorCode::Unavailable : ErrorCode::Internal;
  return fail(error, std::string("state store: ") + sqlite3_errmsg(database_));
}

Result<void> StateStore::prepare_schema() {
  for (const char* sql : {"PRAGMA locking_mode = EXCLUSIVE", "PRAGMA journal_mode = WAL", "PRAGMA synchronous = FULL",
                          "BEGIN IMMEDIATE", kSchema})
    if (auto done = execute(sql); !done) return done;
  SqlStatement version(database_, "SELECT value FROM instance WHERE key = 'schema'");
  const auto row = version.step();
  if (!row) return std::unexpected(row.error());
  if (*row && version.integer(0) != kSchemaVersion)
    return fail(ErrorCode::Internal,
                fmt::format("state store: schema {} is not known to this version", version.integer(0)));
  SqlStatement raise(
      database_,
      "INSERT INTO instance VALUES ('epoch', 1) ON CONFLICT (key) DO UPDATE SET value = value + 1 RETURNING value");
  const auto raised = raise.step();
  if (!raised) return std::unexpected(raised.error());
  epoch_ = static_cast<std::uint64_t>(raise.integer(0));
  if (const auto rest = raise.step(); !rest) return std::unexpected(rest.error());
  if (!*row) {
    const std::string sql = fmt::format("INSERT INTO instance VALUES ('schema', {})", kSchemaVersion);
    if (auto done = execute(sql.c_str()); !done) return done;
  }
  if (auto done = execute("COMMIT"); !done) return done;
  return execute("PRAGMA synchronous = FULL");
}

Result<std::vector<ApplicationRecord>> StateStore::applications() {
  std::vector<ApplicationRecord> records;
  SqlStatement select(database_, "SELECT name, record FROM applications ORDER BY name");
  for (;;) {
    const auto row = select.step();
    if (!row) return std::unexpected(row.error());
    if (!*row) return records;
    auto record = detail::from_json<ApplicationRecord>(select.text(1), UnknownKeys::Ignore);
    if (!record)
      return fail(ErrorCode::Internal, fmt::format("state store: application '{}' cannot be read: {}", select.text(0),
                                                   record.error().message));
    records.push_back(std::move(*record));
  }
}

Result<void> StateStore::replace_applications(const std::vector<ApplicationRecord>& records) {
  if (auto begun = execute("BEGIN IMMEDIATE"); !begun) return begun;
  Result<void> done = execute("DELETE FROM applications");
  for (const ApplicationRecord& record : records) {
    if (!done) break;
    done = remember(record);
  }
  if (done) done = execute("DELETE FROM history WHERE application NOT IN (SELECT name FROM applications)");
  if (done) return execute("COMMIT");
  (void)execute("ROLLBACK");
  return done;
}

Result<void> StateStore::remember(const ApplicationRecord& record) {
  auto json = detail::to_json(record);
  if (!json) return std::unexpected(std::move(json.error()));
  SqlStatement insert(database_, "INSERT INTO applications VALUES (?, ?)");
  if (auto row = insert.bind(1, record.name).bind(2, *json).step(); !row) return std::unexpected(row.error());
  SqlStatement history(
      database_,
      "INSERT INTO history (application, artifact, deployed_at_s, record) SELECT ?1, ?2, ?3, ?4 WHERE NOT EXISTS "
      "(SELECT 1 FROM history WHERE application = ?1 AND deployed_at_s = ?3)");
  history.bind(1, record.name).bind(2, record.artifact.sha256).bind(3, record.deployed_at_s).bind(4, *json);
  if (auto row = history.step(); !row) return std::unexpected(row.error());
  SqlStatement forget(database_,
                      "DELETE FROM history WHERE application = ?1 AND id NOT IN "
                      "(SELECT id FROM history WHERE application = ?1 ORDER BY id DESC LIMIT ?2)");
  if (auto row = forget.bind(1, record.name).bind(2, std::int64_t{kHistoryLength}).step(); !row)
    return std::unexpected(row.error());
  return {};
}

Result<std::set<std::string>> StateStore::named_artifacts() {
  std::set<std::string> named;
  SqlStatement select(
      database_,
      "SELECT artifact FROM history UNION SELECT json_extract(record, '$.artifact.sha256') FROM applications");
  for (;;) {
    const auto row = select.step();
    if (!row) return std::unexpected(row.error());
    if (!*row) return named;
    named.insert(select.text(0));
  }
}

}  // namespace manta::control
