#include "routing/lease.h"

#include <utility>

#include "routing/router_core.h"

namespace manta::routing {

net::Channel* Lease::channel() const { return slot_->connection ? slot_->connection->channel() : nullptr; }
std::function<net::Channel*()> Lease::connection() const {
  return [weak = std::weak_ptr(slot_)]() -> net::Channel* {
    const auto slot = weak.lock();
    return slot && slot->connection ? slot->connection->channel() : nullptr;
  };
}
const std::string& Lease::replica_id() const { return slot_->address.id; }
ReplicaKey Lease::key() const { return slot_->key; }

TimePoint Lease::now() const { return slot_ ? slot_->core->now() : TimePoint(); }

void Lease::reported(std::int32_t queue, TimePoint now) {
  if (slot_) slot_->core->reported(*slot_, queue, now);
}

void Lease::ended(Outcome outcome) {
  if (slot_) slot_->core->ended(*slot_, outcome, std::exchange(probe_, 0));
}

void Lease::took(Duration time) {
  if (slot_) slot_->core->usual_time().note(time);
}

bool Lease::is_too_short(Duration given) const { return slot_ && slot_->core->usual_time().is_beyond(given); }

void Lease::refused(Refusal why, std::int32_t queue) {
  if (!slot_) return;
  slot_->core->refused(*slot_, why, queue);
  give_back(false, {});
}

void Lease::lost() {
  if (!slot_) return;
  slot_->core->lost(*slot_);
  give_back(false, {});
}

void Lease::release(TimePoint now) { give_back(true, now); }

void Lease::give_back(bool served, TimePoint now) {
  if (!slot_) return;
  if (probe_ != 0) ended(Outcome::Neutral);
  auto slot = std::move(slot_);
#ifdef MANTA_DROP_RELEASE
  // A fault on purpose, in one test binary only: the simulation must notice the place that is never given back.
  if (slot->key % 2 == 0) return;
#endif
  slot->core->release(slot, served, now);
}

}  // namespace manta::routing
