#include "control/drain.h"

#include <utility>

namespace manta::control {

Drains::Drains(Logger& logger, StateStore& store) : store_(store) {
  auto stored = store_.drains();
  if (stored)
    drained_ = std::move(*stored);
  else
    logger.error("earlier drains cannot be read", {{"error", stored.error().message}});
}

Result<void> Drains::set(const std::string& name, bool drained) {
  if (drained_.contains(name) == drained) return {};
  if (auto stored = store_.set_drain(name, drained); !stored) return stored;
  if (drained)
    drained_.insert(name);
  else
    drained_.erase(name);
  return {};
}

}  // namespace manta::control
