#pragma once

#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include <manta/error.h>

#include "control/application_record.h"

struct sqlite3;

namespace manta::control {

// What survives a controller: the epoch, the deployed applications, and a short history of deploys that keeps old
// artifacts. SQLite in WAL mode; every change is one transaction that is on disk when the call returns. One controller
// per file: the database is held with an exclusive lock.
class StateStore {
 public:
  static constexpr int kHistoryLength = 10;  // deploys remembered per application

  // Opens or creates. Unavailable if another controller holds it; Internal if the file is not a database of ours.
  static Result<std::unique_ptr<StateStore>> open(const std::string& path);
  ~StateStore();
  StateStore(const StateStore&) = delete;
  StateStore& operator=(const StateStore&) = delete;

  // Raised by one at each open().
  std::uint64_t epoch() const { return epoch_; }

  Result<std::vector<ApplicationRecord>> applications();
  // Replaces all of them: the new ones enter the history.
  Result<void> replace_applications(const std::vector<ApplicationRecord>& records);
  // sha256 of every artifact that an application or the history names.
  Result<std::set<std::string>> named_artifacts();

 private:
  explicit StateStore(sqlite3* database) : database_(database) {}
  Result<void> execute(const char* sql);
  Result<void> prepare_schema();
  Result<void> remember(const ApplicationRecord& record);

  sqlite3* database_;
  std::uint64_t epoch_ = 0;
};

}  // namespace manta::control
