#include "control/drain.h"

#include <utility>

#include "base/of_seconds.h"
#include "base/unix_time.h"

namespace manta::control {

Drains::Drains(Logger& logger, StateStore& store, TimePoint now) : store_(store) {
  const auto stored = store_.drains();
  if (!stored) {
    logger.error("earlier drains cannot be read", {{"error", stored.error().message}});
    return;
  }
  for (const auto& [name, until_s] : *stored)
    drained_[name] = until_s <= 0 ? TimePoint::max() : now + of_seconds(until_s - unix_time_s());
}

TimePoint Drains::deadline(const std::string& name) const {
  const auto found = drained_.find(name);
  return found == drained_.end() ? TimePoint::max() : found->second;
}

Result<void> Drains::add(const std::string& name, TimePoint now, Duration time_left) {
  const bool has_deadline = time_left > Duration::zero();
  if (!has_deadline && drained_.contains(name)) return {};
  const double until_s = has_deadline ? unix_time_s() + std::chrono::duration<double>(time_left).count() : 0;
  if (auto stored = store_.set_drain(name, until_s); !stored) return stored;
  drained_[name] = has_deadline ? now + time_left : TimePoint::max();
  return {};
}

Result<void> Drains::remove(const std::string& name) {
  if (!drained_.contains(name)) return {};
  if (auto stored = store_.set_drain(name, std::nullopt); !stored) return stored;
  drained_.erase(name);
  return {};
}

}  // namespace manta::control
