// StateStore: the records of applications. Each is kept once, whatever number of revisions has it.
#include <fmt/format.h>

#include <manta/detail/json.h>

#include "codec/sha256.h"
#include "control/sql_statement.h"
#include "control/state_store.h"

namespace manta::control {
namespace {

// Equal for deploys of the same thing at different times, and from other lines of the file.
Result<std::string> content_of(ApplicationRecord record) {
  record.deployed_at_s = 0;
  record.note.clear();
  record.config.places.clear();
  auto json = detail::to_json(record);
  if (!json) return std::unexpected(std::move(json.error()));
  return codec::sha256_hex(*json);
}

}  // namespace

Result<void> StateStore::write_records(const ApplicationRecords& records, const std::set<std::string>& kept) {
  auto gone = deployed_names();
  if (!gone) return std::unexpected(std::move(gone.error()));
  SqlStatement set(database_, "INSERT OR REPLACE INTO deployed VALUES (?, ?)");
  for (const ApplicationRecord& record : records) {
    const bool is_there = gone->erase(record.name) > 0;
    if (is_there && kept.contains(record.name)) continue;
    auto id = add_record(record);
    if (!id) return std::unexpected(std::move(id.error()));
    if (auto row = set.bind(1, record.name).bind(2, *id).step(); !row) return std::unexpected(row.error());
    set.reset();
  }
  SqlStatement drop(database_, "DELETE FROM deployed WHERE name = ?");
  for (const std::string& name : *gone) {
    if (auto row = drop.bind(1, name).step(); !row) return std::unexpected(row.error());
    drop.reset();
  }
  return {};
}

Result<std::set<std::string>> StateStore::deployed_names() {
  std::set<std::string> names;
  SqlStatement select(database_, "SELECT name FROM deployed");
  for (;;) {
    const auto row = select.step();
    if (!row) return std::unexpected(row.error());
    if (!*row) return names;
    names.insert(select.text(0));
  }
}

Result<std::int64_t> StateStore::add_record(const ApplicationRecord& record) {
  auto json = detail::to_json(record);
  if (!json) return std::unexpected(std::move(json.error()));
  auto content = content_of(record);
  if (!content) return std::unexpected(std::move(content.error()));
  SqlStatement insert(database_,
                      "INSERT INTO records (content, artifact, import_path, record) VALUES (?, ?, ?, ?) RETURNING id");
  insert.bind(1, *content).bind(2, record.artifact.sha256).bind(3, record.config.import_path).bind(4, *json);
  if (const auto row = insert.step(); !row) return std::unexpected(row.error());
  return insert.integer(0);
}

Result<ApplicationRecords> StateStore::records(const char* sql, std::int64_t revision) {
  ApplicationRecords records;
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

Result<std::set<std::string>> StateStore::named_artifacts() {
  std::set<std::string> named;
  SqlStatement select(database_, R"(
    SELECT artifact FROM records UNION
    SELECT json_extract(progress, '$.fallback.artifact.sha256') FROM progress)");
  for (;;) {
    const auto row = select.step();
    if (!row) return std::unexpected(row.error());
    if (!*row) return named;
    if (const std::string sha256 = select.text(0); !sha256.empty()) named.insert(sha256);
  }
}

}  // namespace manta::control
