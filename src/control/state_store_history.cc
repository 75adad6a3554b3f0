// StateStore: the revisions.
#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <manta/detail/json.h>

#include "codec/sha256.h"
#include "control/sql_statement.h"
#include "control/state_store.h"

namespace manta::control {
namespace {

// Equal for deploys of the same thing at different times, and from other lines of the file.
Result<std::string> content_of(const DeployedState& state) {
  spec::InstanceConfig config = state.config;
  for (spec::ApplicationConfig& application : config.applications) application.places.clear();
  auto whole = detail::to_json(config);
  if (!whole) return std::unexpected(std::move(whole.error()));
  std::string text = *std::move(whole);
  for (ApplicationRecord record : state.records) {
    record.deployed_at_s = 0;
    record.note.clear();
    record.config.places.clear();
    auto json = detail::to_json(record);
    if (!json) return std::unexpected(std::move(json.error()));
    text += '\n' + *json;
  }
  return codec::sha256_hex(text);
}

}  // namespace

Result<spec::InstanceConfig> StateStore::config(const char* sql, std::int64_t revision) {
  SqlStatement select(database_, sql);
  const auto row = select.bind(1, revision).step();
  if (!row) return std::unexpected(row.error());
  if (!*row) return spec::InstanceConfig{};
  auto config = detail::from_json<spec::InstanceConfig>(select.text(0), UnknownKeys::Ignore);
  if (!config)
    return fail(ErrorCode::Internal, "state store: the configuration cannot be read: " + config.error().message);
  return config;
}

Result<std::vector<ApplicationRecord>> StateStore::records(const char* sql, std::int64_t revision) {
  std::vector<ApplicationRecord> records;
  SqlStatement select(database_, sql);
  select.bind(1, revision);
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

// Of what has just been written.
Result<void> StateStore::write_revision(const DeployedState& state, const Revision& entry) {
  auto number = add_revision(state, entry);
  if (!number) return std::unexpected(std::move(number.error()));
  SqlStatement insert(database_,
                      "INSERT OR REPLACE INTO revision_applications SELECT ?, name, record FROM applications");
  if (auto row = insert.bind(1, *number).step(); !row) return std::unexpected(row.error());
  return execute(
      fmt::format("DELETE FROM revisions WHERE id NOT IN (SELECT id FROM revisions ORDER BY id DESC LIMIT {}); DELETE "
                  "FROM revision_applications WHERE revision NOT IN (SELECT id FROM revisions)",
                  kHistoryLength));
}

Result<std::int64_t> StateStore::add_revision(const DeployedState& state, const Revision& entry) {
  auto config = detail::to_json(state.config);
  if (!config) return std::unexpected(std::move(config.error()));
  auto content = content_of(state);
  if (!content) return std::unexpected(std::move(content.error()));
  SqlStatement again(database_,
                     "UPDATE revisions SET time_s = ?1 WHERE content = ?2 AND id = (SELECT max(id) FROM revisions) "
                     "RETURNING id");
  const auto same = again.bind(1, entry.time_s).bind(2, *content).step();
  if (!same) return std::unexpected(same.error());
  if (*same) return again.integer(0);
  SqlStatement insert(database_,
                      "INSERT INTO revisions (time_s, cause, by, note, config, content) VALUES (?, ?, ?, ?, ?, ?) "
                      "RETURNING id");
  insert.bind(1, entry.time_s).bind(2, entry.cause).bind(3, entry.by).bind(4, entry.note);
  const auto row = insert.bind(5, *config).bind(6, *content).step();
  if (!row) return std::unexpected(row.error());
  return insert.integer(0);
}

Result<std::vector<Revision>> StateStore::history() {
  std::vector<Revision> revisions;
  SqlStatement select(database_, "SELECT id, time_s, cause, by, note FROM revisions ORDER BY id DESC");
  for (;;) {
    const auto row = select.step();
    if (!row) return std::unexpected(row.error());
    if (!*row) return revisions;
    Revision revision{.revision = select.integer(0),
                      .time_s = select.real(1),
                      .cause = select.text(2),
                      .by = select.text(3),
                      .note = select.text(4),
                      .applications = {},
                      .current = revisions.empty()};
    SqlStatement applications(database_,
                              "SELECT name, json_extract(record, '$.config.import_path') FROM revision_applications "
                              "WHERE revision = ?");
    applications.bind(1, revision.revision);
    for (;;) {
      const auto application = applications.step();
      if (!application) return std::unexpected(application.error());
      if (!*application) break;
      revision.applications[applications.text(0)] = applications.text(1);
    }
    revisions.push_back(std::move(revision));
  }
}

Result<DeployedState> StateStore::revision(std::int64_t number) {
  auto known = history();
  if (!known) return std::unexpected(std::move(known.error()));
  std::vector<std::int64_t> numbers;
  for (const Revision& revision : *known) numbers.push_back(revision.revision);
  if (std::ranges::find(numbers, number) == numbers.end())
    return fail(ErrorCode::NotFound,
                fmt::format("there is no revision {}; the history has: {}", number, fmt::join(numbers, ", ")));
  DeployedState state;
  auto stored = config("SELECT config FROM revisions WHERE id = ?", number);
  if (!stored) return std::unexpected(std::move(stored.error()));
  state.config = std::move(*stored);
  auto found = records("SELECT name, record FROM revision_applications WHERE revision = ? ORDER BY name", number);
  if (!found) return std::unexpected(std::move(found.error()));
  state.records = std::move(*found);
  return state;
}

}  // namespace manta::control
