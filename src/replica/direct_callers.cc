#include "replica/direct_callers.h"

#include <utility>

namespace manta::replica {

ConnectionId DirectCallers::add(DirectEvents events) {
  callers_.emplace(++next_, std::make_shared<DirectEvents>(std::move(events)));
  return next_;
}

// A caller that has been removed meanwhile hears nothing.
void DirectCallers::later(const std::shared_ptr<DirectEvents>& to, std::move_only_function<void(DirectEvents&)> what) {
  loop_.post([weak = std::weak_ptr(to), what = std::move(what)]() mutable {
    if (const auto alive = weak.lock()) what(*alive);
  });
}

bool DirectCallers::tell(ConnectionId caller, const spec::SlotNotice& notice) {
  const auto known = callers_.find(caller);
  if (known == callers_.end()) return false;
  later(known->second, [notice](DirectEvents& events) { events.notice(notice); });
  return true;
}

void DirectCallers::tell_all(const spec::SlotNotice& notice) {
  for (const auto& [caller, events] : callers_) tell(caller, notice);
}

void DirectCallers::tell_running(bool running) {
  for (const auto& [caller, events] : callers_) later(events, [running](DirectEvents& to) { to.running(running); });
}

}  // namespace manta::replica
