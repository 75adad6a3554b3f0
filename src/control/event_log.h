#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include <boost/describe/class.hpp>

#include "base/log.h"
#include "base/loop.h"
#include "control/state_store.h"

namespace manta::control {

// Something that happened to the instance, as `manta events` and GET /api/serve/events show it. The kinds are listed in
// docs/reference/rest.md; everything but kind and message may be empty.
struct Event {
  std::int64_t id = 0;  // given by the log: rises by one, also over restarts of the controller
  double time_s = 0;    // Unix time, given by the log
  std::string kind;     // "replica_died"
  std::string application = {}, deployment = {}, replica = {};
  std::string message = {};                      // one sentence for people
  std::string by = {};                           // who asked for it, as the caller calls himself
  std::map<std::string, std::string> data = {};  // figures of this kind: {"from": "1", "to": "3"}
  bool operator==(const Event&) const = default;
};
BOOST_DESCRIBE_STRUCT(Event, (), (id, time_s, kind, application, deployment, replica, message, by, data))

// The last events of the instance, in order: in memory, in the state store (so that the next controller has them), and
// live to whoever listens. Recording is cheap and never fails: what was recorded in one turn of the loop is stored and
// told in one go soon after (of a flood only the last kKept); a store that cannot be written costs the events of then,
// with an error in the log.
// Loop-confined; owned by the controller.
class EventLog {
 public:
  static constexpr std::size_t kKept = 2000;
  using Listener = std::function<void(const std::vector<Event>& events)>;  // those of one turn, oldest first

  // Begins with what the store has. All of them outlive this.
  EventLog(Loop& loop, Logger& logger, StateStore& store);
  ~EventLog();
  EventLog(const EventLog&) = delete;
  EventLog& operator=(const EventLog&) = delete;

  // The one call of those who have something to tell; id and time are set here:
  //   events.record({.kind = "traffic_changed", .application = name, .message = "canary to 20 %", .by = by});
  void record(Event event);

  // Of the last kKept those after `id` (0: all) and not before `time_s` (Unix time), oldest first; of one application
  // only, if it is named.
  std::vector<Event> since(std::int64_t id, double time_s = 0, const std::string& application = {}) const;

  std::int64_t last_id() const { return last_id_; }

  // The listener is called on the loop, from the next turn on, until it is forgotten.
  std::uint64_t listen(Listener listener);
  void forget(std::uint64_t listener) { listeners_.erase(listener); }

 private:
  void flush();

  Loop& loop_;
  Logger& logger_;
  StateStore& store_;
  std::deque<Event> events_;
  std::vector<Event> unstored_;
  std::map<std::uint64_t, Listener> listeners_;
  std::int64_t last_id_ = 0;
  std::uint64_t next_listener_ = 1;
  TimerId flush_timer_ = 0;
};

}  // namespace manta::control
