#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <manta/error.h>

#include "control/cluster_view.h"
#include "control/policy_memory.h"
#include "control/revision.h"

struct sqlite3;

namespace manta::control {

// What survives a controller: the epoch, what is deployed and how far its rollout is, and the last deploys, which keep
// their artifacts. SQLite in WAL mode; every change is one transaction that is on disk when the call returns, or has
// changed nothing. One controller per file: the database is held with an exclusive lock.
class StateStore {
 public:
  static constexpr int kHistoryLength = 10;  // revisions remembered

  // Opens or creates; files of earlier versions are brought up to date. Unavailable if another controller holds it;
  // Internal, with what to do, if the file is damaged, is not a database of ours, or comes from a newer version.
  static Result<std::unique_ptr<StateStore>> open(const std::string& path);
  ~StateStore();
  StateStore(const StateStore&) = delete;
  StateStore& operator=(const StateStore&) = delete;

  // Raised by one at each open().
  std::uint64_t epoch() const { return epoch_; }

  Result<DeployedState> deployed();
  // Replaces all of it; a new revision in the history, of which `entry` tells the time, cause, by and note. What equals
  // the latest revision only changes its time. `kept`: names of records that are stored as they are, and not read.
  Result<void> replace(const DeployedState& state, const Revision& entry, const std::set<std::string>& kept = {});
  // Replaces the entries of these deployments.
  Result<void> set_progress(const std::vector<DeploymentProgress>& progress);

  // The latest first.
  Result<std::vector<Revision>> history();
  // What was deployed then, without progress. NotFound names the revisions that there are.
  Result<DeployedState> revision(std::int64_t number);
  // Numbers of replicas that the autoscaler or an external scaler has set. None: forgotten.
  Result<std::map<DeploymentKey, int>> scales();
  Result<void> set_scale(const DeploymentKey& key, std::optional<int> num_replicas);
  // What autoscaling policies of applications remember. Replaces all of it.
  Result<std::map<DeploymentKey, PolicyMemory>> policy_memories();
  Result<void> set_policy_memories(const std::map<DeploymentKey, PolicyMemory>& memories);
  Result<bool> capacity_grows();
  Result<void> set_capacity_grows(bool grows);

  // What is being drained, by the name that control::Drains gives it, and until when: seconds since 1970, 0 = as long
  // as it takes.
  Result<std::map<std::string, double>> drains();
  Result<void> set_drain(const std::string& name, std::optional<double> until_s);  // none: it is drained no more

  // Entries of the event log by rising id, as JSON; of those added only the last `kept` stay.
  Result<std::vector<std::pair<std::int64_t, std::string>>> events();
  Result<void> add_events(const std::vector<std::pair<std::int64_t, std::string>>& events, std::size_t kept);

  // State of traffic rules as JSON, by application and route. None: forgotten.
  Result<std::map<std::pair<std::string, std::string>, std::string>> traffic_states();
  Result<void> set_traffic_state(const std::pair<std::string, std::string>& key,
                                 const std::optional<std::string>& json);

  // sha256 of every artifact that something deployed, a fallback or the history names.
  Result<std::set<std::string>> named_artifacts();

 private:
  explicit StateStore(sqlite3* database) : database_(database) {}
  Result<void> execute(const std::string& sql);
  Result<void> prepare();
  Result<void> check_integrity();
  Result<void> prepare_schema();
  Result<void> raise_epoch();
  // Rolls back what `change` did when it fails.
  template <class F>
  Result<void> in_transaction(F change);

  Result<void> write_config(const spec::InstanceConfig& config);
  Result<void> write_records(const ApplicationRecords& records, const std::set<std::string>& kept);
  Result<std::set<std::string>> deployed_names();
  Result<std::int64_t> add_record(const ApplicationRecord& record);
  Result<void> write_progress(const std::vector<DeploymentProgress>& progress);
  Result<void> write_events(const std::vector<std::pair<std::int64_t, std::string>>& events, std::size_t kept);
  Result<void> write_revision(const spec::InstanceConfig& config, const Revision& entry);
  Result<std::string> content_of_deployed(const spec::InstanceConfig& config);
  Result<std::int64_t> add_revision(const spec::InstanceConfig& config, const Revision& entry);
  Result<ApplicationRecords> records(const char* sql, std::int64_t revision);
  Result<spec::InstanceConfig> config(const char* sql, std::int64_t revision);

  sqlite3* database_;
  std::uint64_t epoch_ = 0;
};

}  // namespace manta::control
