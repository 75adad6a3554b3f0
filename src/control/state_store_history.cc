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

// Equal for the same file at other times, with other lines.
Result<std::string> text_of(spec::InstanceConfig config) {
  for (spec::ApplicationConfig& application : config.applications) application.places.clear();
  return detail::to_json(config);
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

// Of what has just been written.
Result<void> StateStore::write_revision(const spec::InstanceConfig& config, const Revision& entry) {
  auto number = add_revision(config, entry);
  if (!number) return std::unexpected(std::move(number.error()));
  SqlStatement insert(database_, "INSERT OR REPLACE INTO revision_records SELECT ?, name, record FROM deployed");
  if (auto row = insert.bind(1, *number).step(); !row) return std::unexpected(row.error());
  return execute(
      fmt::format("DELETE FROM revisions WHERE id NOT IN (SELECT id FROM revisions ORDER BY id DESC LIMIT {}); DELETE "
                  "FROM revision_records WHERE revision NOT IN (SELECT id FROM revisions); DELETE FROM records WHERE "
                  "id NOT IN (SELECT record FROM deployed UNION SELECT record FROM revision_records)",
                  kHistoryLength));
}

// Tells two states apart; the same for deploys of the same thing at different times.
Result<std::string> StateStore::content_of_deployed(const spec::InstanceConfig& config) {
  auto text = text_of(config);
  if (!text) return text;
  SqlStatement select(database_, "SELECT content FROM deployed JOIN records ON id = deployed.record ORDER BY name");
  for (;;) {
    const auto row = select.step();
    if (!row) return std::unexpected(row.error());
    if (!*row) return codec::sha256_hex(*text);
    *text += '\n' + select.text(0);
  }
}

Result<std::int64_t> StateStore::add_revision(const spec::InstanceConfig& config, const Revision& entry) {
  auto content = content_of_deployed(config);
  if (!content) return std::unexpected(std::move(content.error()));
  SqlStatement again(database_,
                     "UPDATE revisions SET time_s = ?1 WHERE content = ?2 AND id = (SELECT max(id) FROM revisions) "
                     "RETURNING id");
  const auto same = again.bind(1, entry.time_s).bind(2, *content).step();
  if (!same) return std::unexpected(same.error());
  if (*same) return again.integer(0);
  SqlStatement insert(database_,
                      "INSERT INTO revisions (time_s, cause, by, note, config, content) SELECT ?, ?, ?, ?, config, ? "
                      "FROM configuration RETURNING id");
  insert.bind(1, entry.time_s).bind(2, entry.cause).bind(3, entry.by).bind(4, entry.note).bind(5, *content);
  if (const auto row = insert.step(); !row) return std::unexpected(row.error());
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
                              "SELECT name, import_path FROM revision_records JOIN records ON id = "
                              "revision_records.record WHERE revision = ?");
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
  auto found = records(
      "SELECT name, records.record FROM revision_records JOIN records ON id = revision_records.record WHERE revision = "
      "? "
      "ORDER BY name",
      number);
  if (!found) return std::unexpected(std::move(found.error()));
  state.records = std::move(*found);
  return state;
}

}  // namespace manta::control
