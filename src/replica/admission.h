#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "base/clock.h"

namespace manta::replica {

using ConnectionId = std::uint64_t;

// The last word on how many requests run on one replica, shared fairly among callers. A caller (connection) that was
// refused, or said with an admitted request that more of its requests wait, is a waiter: places that become free are
// granted to the waiters in turn, and only a granted request of a waiter is admitted until one says that nothing waits
// any more. A grant not used within `grant_life` lapses and its caller is forgotten as waiter. Pure: time comes in,
// grants to announce come out.
class Admission {
 public:
  struct Grant {
    ConnectionId connection;
    int count;
    bool operator==(const Grant&) const = default;
  };

  explicit Admission(int max_ongoing, Duration grant_life = std::chrono::milliseconds(10));

  // A caller whose grants can be announced; others are admitted only while nobody waits.
  void listen(ConnectionId connection);
  void forget(ConnectionId connection);  // its grants go to others; its running requests end by release()

  // True: one more is ongoing, to be given back with release(). `waiting`: requests of this caller that wait besides
  // this one.
  bool admit(ConnectionId connection, int waiting, TimePoint now);
  void release();
  // A request that is answered without a place: a grant of its caller is free again.
  void pass(ConnectionId connection, int waiting, TimePoint now);
  void set_max_ongoing(int max_ongoing);
  int max_ongoing() const { return max_ongoing_; }

  // Grants places that are free to waiters. Call after each change; announce what it returns.
  std::vector<Grant> grant(TimePoint now);
  // Takes back the grants that lapsed by `now`; grant() may then have new ones.
  void expire(TimePoint now);
  std::optional<TimePoint> next_lapse() const;

  int ongoing() const { return ongoing_; }
  int granted() const { return granted_; }
  std::size_t waiters() const { return waiters_.size(); }

 private:
  struct Waiter {
    ConnectionId connection;
    int wanted;   // places it could use at once
    int granted;  // of these, granted and not yet used
  };
  struct Lapse {
    TimePoint when;
    ConnectionId connection;
  };
  Waiter* find(ConnectionId connection);
  void use_grant(Waiter& waiter);
  void drop_waiter(ConnectionId connection);
  void note_waiting(ConnectionId connection, int wanted);

  int max_ongoing_;
  const Duration grant_life_;
  int ongoing_ = 0;
  int granted_ = 0;
  std::vector<ConnectionId> listening_;  // sorted
  std::deque<Waiter> waiters_;           // the next to be served in front
  std::deque<Lapse> lapses_;             // oldest first; entries of used grants are skipped
};

}  // namespace manta::replica
