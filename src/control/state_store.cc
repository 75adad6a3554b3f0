#include "control/state_store.h"

#include <algorithm>

#include <fmt/format.h>

#include <sqlite3.h>

#include <manta/detail/json.h>

#include "control/sql_statement.h"

namespace manta::control {
namespace {

constexpr int kSchemaVersion = 3;
constexpr int kLockWaitMs = 300;  // a controller that was just killed may still be ending

constexpr const char* kSchema = R"(
  CREATE TABLE IF NOT EXISTS instance (key TEXT PRIMARY KEY, value INTEGER NOT NULL);
  CREATE TABLE IF NOT EXISTS configuration (key INTEGER PRIMARY KEY CHECK (key = 1), config TEXT NOT NULL);
  CREATE TABLE IF NOT EXISTS records (id INTEGER PRIMARY KEY, content TEXT NOT NULL, artifact TEXT NOT NULL,
                                      import_path TEXT NOT NULL, record TEXT NOT NULL);
  CREATE INDEX IF NOT EXISTS records_by_artifact ON records (artifact);
  CREATE TABLE IF NOT EXISTS deployed (name TEXT PRIMARY KEY, record INTEGER NOT NULL);
  CREATE TABLE IF NOT EXISTS progress (application TEXT NOT NULL, deployment TEXT NOT NULL, progress TEXT NOT NULL,
                                       PRIMARY KEY (application, deployment));
  CREATE TABLE IF NOT EXISTS revisions (id INTEGER PRIMARY KEY AUTOINCREMENT, time_s REAL NOT NULL,
                                        cause TEXT NOT NULL, by TEXT NOT NULL, note TEXT NOT NULL,
                                        config TEXT NOT NULL, content TEXT NOT NULL);
  CREATE TABLE IF NOT EXISTS revision_records (revision INTEGER NOT NULL, name TEXT NOT NULL, record INTEGER NOT NULL,
                                               PRIMARY KEY (revision, name));
  CREATE TABLE IF NOT EXISTS scales (application TEXT NOT NULL, deployment TEXT NOT NULL, num_replicas INTEGER NOT NULL,
                                     PRIMARY KEY (application, deployment));
  CREATE TABLE IF NOT EXISTS events (id INTEGER PRIMARY KEY, event TEXT NOT NULL);
  CREATE TABLE IF NOT EXISTS draining (name TEXT PRIMARY KEY, until_s REAL NOT NULL);
  CREATE TABLE IF NOT EXISTS traffic (application TEXT NOT NULL, route TEXT NOT NULL, state TEXT NOT NULL,
                                      PRIMARY KEY (application, route));
  CREATE TABLE IF NOT EXISTS policy_memories (application TEXT NOT NULL, deployment TEXT NOT NULL, memory TEXT NOT NULL,
                                              PRIMARY KEY (application, deployment));
)";

// What earlier versions kept otherwise: drains without an end, and the records of each revision in full.
constexpr const char* kTakeOver = R"(
  CREATE TABLE IF NOT EXISTS drains (name TEXT PRIMARY KEY);
  CREATE TABLE IF NOT EXISTS applications (name TEXT PRIMARY KEY, record TEXT NOT NULL);
  CREATE TABLE IF NOT EXISTS revision_applications (revision INTEGER NOT NULL, name TEXT NOT NULL,
                                                    record TEXT NOT NULL, PRIMARY KEY (revision, name));
  INSERT OR IGNORE INTO draining SELECT name, 0 FROM drains;
  INSERT INTO records (content, artifact, import_path, record)
    SELECT '', coalesce(json_extract(record, '$.artifact.sha256'), ''),
           coalesce(json_extract(record, '$.config.import_path'), ''), record
    FROM (SELECT record FROM applications UNION SELECT record FROM revision_applications);
  INSERT INTO deployed SELECT name, id FROM applications JOIN records ON records.record = applications.record;
  INSERT INTO revision_records
    SELECT revision, name, id FROM revision_applications JOIN records ON records.record = revision_applications.record;
  DROP TABLE drains;
  DROP TABLE applications;
  DROP TABLE revision_applications;
  DROP TABLE IF EXISTS history;
)";

// The first version did not keep the configuration as a whole.
void add_missing(DeployedState& state) {
  auto& known = state.config.applications;
  for (const ApplicationRecord& record : state.records)
    if (std::ranges::find(known, record.config.name, &spec::ApplicationConfig::name) == known.end())
      known.push_back(record.config);
}

}  // namespace

Result<std::unique_ptr<StateStore>> StateStore::open(const std::string& path) {
  sqlite3* database = nullptr;
  const int code = sqlite3_open(path.c_str(), &database);
  std::unique_ptr<StateStore> store(new StateStore(database));
  if (code != SQLITE_OK)
    return fail(ErrorCode::Internal, fmt::format("state store {}: {}", path, sqlite3_errmsg(database)));
  sqlite3_busy_timeout(database, kLockWaitMs);
  if (auto ready = store->prepare(); !ready) {
    Error error = std::move(ready.error());
    error.message = error.code == ErrorCode::Unavailable
                        ? fmt::format("{} is held by another controller", path)
                        : fmt::format("{} ({}); move the file away to start empty", error.message, path);
    return std::unexpected(std::move(error));
  }
  return store;
}

StateStore::~StateStore() { sqlite3_close(database_); }

Result<void> StateStore::execute(const std::string& sql) {
  const int code = sqlite3_exec(database_, sql.c_str(), nullptr, nullptr, nullptr);
  if (code == SQLITE_OK) return {};
  const ErrorCode error = code == SQLITE_BUSY || code == SQLITE_LOCKED ? ErrorCode::Unavailable : ErrorCode::Internal;
  return fail(error, std::string("state store: ") + sqlite3_errmsg(database_));
}

template <class F>
Result<void> StateStore::in_transaction(F change) {
  if (auto begun = execute("BEGIN IMMEDIATE"); !begun) return begun;
  Result<void> done = change();
  if (done) done = execute("COMMIT");
  if (!done) (void)execute("ROLLBACK");
  return done;
}

Result<void> StateStore::prepare() {
  for (const char* sql : {"PRAGMA locking_mode = EXCLUSIVE", "PRAGMA journal_mode = WAL", "PRAGMA synchronous = FULL"})
    if (auto done = execute(sql); !done) return done;
  if (auto intact = check_integrity(); !intact) return intact;
  return in_transaction([this] { return prepare_schema(); });
}

Result<void> StateStore::check_integrity() {
  SqlStatement check(database_, "PRAGMA quick_check(1)");
  const auto row = check.step();
  if (!row) return std::unexpected(row.error());
  if (*row && check.text(0) == "ok") return {};
  return fail(ErrorCode::Internal, "state store: the file is damaged: " + check.text(0));
}

Result<void> StateStore::prepare_schema() {
  if (auto made = execute("CREATE TABLE IF NOT EXISTS instance (key TEXT PRIMARY KEY, value INTEGER NOT NULL)"); !made)
    return made;
  SqlStatement version(database_, "SELECT value FROM instance WHERE key = 'schema'");
  const auto row = version.step();
  if (!row) return std::unexpected(row.error());
  if (*row && version.integer(0) > kSchemaVersion)
    return fail(
        ErrorCode::Internal,
        fmt::format("state store: written by a newer version of Manta (schema {}, this one knows {}); start that "
                    "version",
                    version.integer(0), kSchemaVersion));
  const bool is_earlier = *row && version.integer(0) < kSchemaVersion;
  if (const auto rest = *row ? version.step() : Result<bool>(false); !rest) return std::unexpected(rest.error());
  if (auto made = execute(kSchema); !made) return made;
  if (auto taken = is_earlier ? execute(kTakeOver) : Result<void>(); !taken) return taken;
  if (auto raised = raise_epoch(); !raised) return raised;
  return execute(fmt::format("INSERT INTO instance VALUES ('schema', {0}) ON CONFLICT (key) DO UPDATE SET value = {0}",
                             kSchemaVersion));
}

Result<void> StateStore::raise_epoch() {
  SqlStatement raise(
      database_,
      "INSERT INTO instance VALUES ('epoch', 1) ON CONFLICT (key) DO UPDATE SET value = value + 1 RETURNING value");
  const auto raised = raise.step();
  if (!raised) return std::unexpected(raised.error());
  epoch_ = static_cast<std::uint64_t>(raise.integer(0));
  if (const auto rest = raise.step(); !rest) return std::unexpected(rest.error());
  return {};
}

Result<DeployedState> StateStore::deployed() {
  DeployedState state;
  auto stored = config("SELECT config FROM configuration WHERE key = ?", 1);
  if (!stored) return std::unexpected(std::move(stored.error()));
  state.config = std::move(*stored);
  auto applications = records(
      "SELECT name, records.record FROM deployed JOIN records ON id = deployed.record WHERE ? = 1 ORDER BY name", 1);
  if (!applications) return std::unexpected(std::move(applications.error()));
  state.records = std::move(*applications);
  add_missing(state);
  SqlStatement select(database_, "SELECT application, deployment, progress FROM progress");
  for (;;) {
    const auto row = select.step();
    if (!row) return std::unexpected(row.error());
    if (!*row) return state;
    auto progress = detail::from_json<DeploymentProgress>(select.text(2), UnknownKeys::Ignore);
    if (!progress)
      return fail(ErrorCode::Internal, fmt::format("state store: the progress of '{}' cannot be read: {}",
                                                   select.text(0), progress.error().message));
    state.progress.push_back(std::move(*progress));
  }
}

Result<void> StateStore::replace(const DeployedState& state, const Revision& entry, const std::set<std::string>& kept) {
  return in_transaction([&]() -> Result<void> {
    if (auto written = write_config(state.config); !written) return written;
    if (auto written = write_records(state.records, kept); !written) return written;
    if (auto cleared = execute("DELETE FROM progress"); !cleared) return cleared;
    if (auto written = write_progress(state.progress); !written) return written;
    return write_revision(state.config, entry);
  });
}

Result<void> StateStore::write_config(const spec::InstanceConfig& config) {
  auto json = detail::to_json(config);
  if (!json) return std::unexpected(std::move(json.error()));
  SqlStatement configuration(database_, "INSERT OR REPLACE INTO configuration VALUES (1, ?)");
  if (auto row = configuration.bind(1, *json).step(); !row) return std::unexpected(row.error());
  return {};
}

Result<void> StateStore::set_progress(const std::vector<DeploymentProgress>& progress) {
  return in_transaction([&] { return write_progress(progress); });
}

Result<void> StateStore::write_progress(const std::vector<DeploymentProgress>& progress) {
  SqlStatement insert(database_, "INSERT OR REPLACE INTO progress VALUES (?, ?, ?)");
  for (const DeploymentProgress& entry : progress) {
    auto json = detail::to_json(entry);
    if (!json) return std::unexpected(std::move(json.error()));
    insert.bind(1, entry.application).bind(2, entry.deployment).bind(3, *json);
    if (auto row = insert.step(); !row) return std::unexpected(row.error());
    insert.reset();
  }
  return {};
}

}  // namespace manta::control
