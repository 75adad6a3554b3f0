#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <manta/error.h>

#include "base/log.h"
#include "base/loop.h"
#include "control/application_record.h"
#include "control/event_log.h"
#include "control/state_store.h"
#include "control/traffic_decision.h"
#include "control/traffic_state.h"
#include "spec/traffic_report.h"
#include "spec/traffic_route.h"

namespace manta::control {

// The weights that are in force for every rule of `traffic`: as configured, moved by a promotion, or set by a person.
// Kept in the state store, so that the next controller goes on from there; what has been counted on a step begins anew
// with it. Part of the Controller; loop-confined.
class TrafficControl {
 public:
  // `changed` is called after every change of weights: publish them. All of them outlive this.
  TrafficControl(Loop& loop, Logger& logger, StateStore& store, EventLog& events, std::function<void()> changed);
  ~TrafficControl();
  TrafficControl(const TrafficControl&) = delete;
  TrafficControl& operator=(const TrafficControl&) = delete;

  // What is deployed, at the start and after each deploy. A rule whose split or promotion is another one begins anew;
  // any other keeps its weights.
  void follow(const ApplicationRecords& records);

  // `rules` of an application as proxies are to follow them. `sleeps`: the deployment is scaled to zero.
  std::vector<spec::TrafficRoute> routes(const std::string& application, const std::vector<TrafficRule>& rules,
                                         const std::function<bool(const std::string&)>& sleeps) const;

  // What a proxy has counted. Figures of other weights than those in force are left out. Unavailable before follow().
  Result<void> take(const spec::TrafficReport& report);

  // NotFound, InvalidArgument with what there is.
  Result<void> change(const std::string& application, const TrafficRequest& request, const std::string& by = {});

  std::vector<TrafficDetails> details(const std::string& application) const;
  std::string figures() const;  // Prometheus text

 private:
  using Key = std::pair<std::string, std::string>;  // application, route
  struct Entry {
    TrafficRule rule;
    TrafficState state;
    TimePoint since{};                           // of state.since_s on the loop's clock
    std::map<std::string, TrafficSide> figures;  // by deployment
    std::string waits_for;                       // reason of the last verdict
  };

  void read();
  void follow(const std::string& application, const TrafficRule& rule);
  void keep_only(const std::vector<Key>& keys);
  Result<void> begin(Entry& entry, const std::string& reason, const std::string& by = {});
  // Stored first: after an error nothing has changed.
  Result<void> move(Entry& entry, TrafficState next, const std::string& reason, const std::string& by = {});
  void look(Entry& entry);
  void act_on(Entry& entry, const TrafficVerdict& verdict);
  void arm();
  Result<Entry*> find(const std::string& application, const std::string& route);
  static Result<TrafficState> requested(const Entry& entry, const TrafficRequest& request);
  static TrafficSide others_of(const Entry& entry);
  static TrafficDetails details_of(const Entry& entry);

  Loop& loop_;
  Logger& logger_;
  StateStore& store_;
  EventLog& events_;
  std::function<void()> changed_;
  std::map<Key, TrafficState> stored_;  // of an earlier controller, until followed
  std::map<Key, Entry> entries_;
  std::int64_t last_stage_ = 0;
  bool read_ = false;
  TimerId timer_ = 0;
};

}  // namespace manta::control
