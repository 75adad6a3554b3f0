#include "replica/admission.h"

#include <algorithm>

namespace manta::replica {

Admission::Admission(int max_ongoing, Duration grant_life) : max_ongoing_(max_ongoing), grant_life_(grant_life) {}

void Admission::listen(ConnectionId connection) {
  const auto at = std::ranges::lower_bound(listening_, connection);
  if (at == listening_.end() || *at != connection) listening_.insert(at, connection);
}

void Admission::forget(ConnectionId connection) {
  drop_waiter(connection);
  const auto at = std::ranges::lower_bound(listening_, connection);
  if (at != listening_.end() && *at == connection) listening_.erase(at);
}

Admission::Waiter* Admission::find(ConnectionId connection) {
  const auto at = std::ranges::find(waiters_, connection, &Waiter::connection);
  return at == waiters_.end() ? nullptr : &*at;
}

bool Admission::admit(ConnectionId connection, int waiting, TimePoint now) {
  expire(now);
  Waiter* const waiter = find(connection);
  if (waiter && waiter->granted > 0) {
    use_grant(*waiter);
  } else {
    const bool others_first = std::ranges::any_of(
        waiters_, [&](const Waiter& other) { return other.connection != connection && other.granted < other.wanted; });
    if (ongoing_ + granted_ >= max_ongoing_ || others_first) {
      note_waiting(connection, waiting + 1);
      return false;
    }
  }
  ++ongoing_;
  if (waiting > 0)
    note_waiting(connection, waiting);
  else
    drop_waiter(connection);
  return true;
}

void Admission::pass(ConnectionId connection, int waiting, TimePoint now) {
  expire(now);
  Waiter* const waiter = find(connection);
  if (waiter && waiter->granted > 0) use_grant(*waiter);
  if (waiting > 0)
    note_waiting(connection, waiting);
  else
    drop_waiter(connection);
}

void Admission::release() { --ongoing_; }

void Admission::set_max_ongoing(int max_ongoing) { max_ongoing_ = max_ongoing; }

void Admission::note_waiting(ConnectionId connection, int wanted) {
  if (Waiter* const waiter = find(connection)) {
    waiter->wanted = std::max(wanted, waiter->granted);
    return;
  }
  if (std::ranges::binary_search(listening_, connection)) waiters_.push_back({connection, wanted, 0});
}

void Admission::use_grant(Waiter& waiter) {
  --waiter.granted;
  --granted_;
  lapses_.erase(std::ranges::find(lapses_, waiter.connection, &Lapse::connection));
}

void Admission::drop_waiter(ConnectionId connection) {
  const auto waiter = std::ranges::find(waiters_, connection, &Waiter::connection);
  if (waiter == waiters_.end()) return;
  granted_ -= waiter->granted;
  std::erase_if(lapses_, [&](const Lapse& lapse) { return lapse.connection == connection; });
  waiters_.erase(waiter);
}

std::vector<Admission::Grant> Admission::grant(TimePoint now) {
  std::vector<Grant> grants;
  while (ongoing_ + granted_ < max_ongoing_) {
    const auto next =
        std::ranges::find_if(waiters_, [](const Waiter& waiter) { return waiter.granted < waiter.wanted; });
    if (next == waiters_.end()) break;
    ++next->granted;
    ++granted_;
    lapses_.push_back({now + grant_life_, next->connection});
    const auto same = std::ranges::find(grants, next->connection, &Grant::connection);
    if (same == grants.end())
      grants.push_back({next->connection, 1});
    else
      ++same->count;
    std::rotate(next, next + 1, waiters_.end());
  }
  return grants;
}

void Admission::expire(TimePoint now) {
  while (!lapses_.empty() && lapses_.front().when <= now) {
    const ConnectionId connection = lapses_.front().connection;
    lapses_.pop_front();
    Waiter& waiter = *find(connection);
    --waiter.granted;
    --granted_;
    waiter.wanted = waiter.granted;
    if (waiter.granted == 0) drop_waiter(connection);
  }
}

std::optional<TimePoint> Admission::next_lapse() const {
  if (lapses_.empty()) return std::nullopt;
  return lapses_.front().when;
}

}  // namespace manta::replica
