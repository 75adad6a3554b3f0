#include "control/event_log.h"

#include <chrono>
#include <utility>

#include <manta/detail/json.h>

#include "base/unix_time.h"

namespace manta::control {

EventLog::EventLog(Loop& loop, Logger& logger, StateStore& store) : loop_(loop), logger_(logger), store_(store) {
  auto stored = store_.events();
  if (!stored) {
    logger_.error("earlier events cannot be read", {{"error", stored.error().message}});
    return;
  }
  for (auto& [id, json] : *stored) {
    last_id_ = id;
    auto event = detail::from_json<Event>(json, UnknownKeys::Ignore);
    if (event) events_.push_back(std::move(*event));
  }
}

EventLog::~EventLog() {
  loop_.cancel(flush_timer_);
  listeners_.clear();
  flush();
}

void EventLog::record(Event event) {
  event.id = ++last_id_;
  event.time_s = unix_time_s();
  unstored_.push_back(event);
  events_.push_back(std::move(event));
  if (events_.size() > kKept) events_.pop_front();
  if (unstored_.size() > 2 * kKept) unstored_.erase(unstored_.begin(), unstored_.begin() + kKept);
  if (flush_timer_ == 0)
    flush_timer_ = loop_.after(Duration::zero(), [this] {
      flush_timer_ = 0;
      flush();
    });
}

std::vector<Event> EventLog::since(std::int64_t id, double time_s, const std::string& application) const {
  std::vector<Event> found;
  for (const Event& event : events_)
    if (event.id > id && event.time_s >= time_s && (application.empty() || event.application == application))
      found.push_back(event);
  return found;
}

std::uint64_t EventLog::listen(Listener listener) {
  listeners_.emplace(next_listener_, std::move(listener));
  return next_listener_++;
}

// A listener may forget itself or others while it is told.
void EventLog::flush() {
  if (unstored_.empty()) return;
  const std::vector<Event> told = std::exchange(unstored_, {});
  std::vector<std::pair<std::int64_t, std::string>> rows;
  for (const Event& event : told) rows.emplace_back(event.id, detail::to_json(event).value_or("{}"));
  if (const auto stored = store_.add_events(rows, kKept); !stored)
    logger_.error("events cannot be stored", {{"events", told.size()}, {"error", stored.error().message}});
  std::vector<std::uint64_t> ids;
  for (const auto& [listener, call] : listeners_) ids.push_back(listener);
  for (const std::uint64_t listener : ids)
    if (const auto found = listeners_.find(listener); found != listeners_.end()) {
      const Listener call = found->second;
      call(told);
    }
}

}  // namespace manta::control
