#include <manta/detail/batch_output.h>

#include <chrono>

#include "api/batch_registry.h"
#include "api/replica_scope.h"

namespace manta::detail {
namespace {

constexpr std::size_t kRoom = 64;                           // outputs ahead of a reader
constexpr auto kLookAgain = std::chrono::milliseconds(50);  // whether the replica has been destroyed

}  // namespace

bool OutputGate::enter() {
  const api::ReplicaScope* const scope = api::current_replica();
  const bool may_wait = scope && !scope->strand->on_thread();
  std::unique_lock lock(mutex_);
  while (may_wait && !abandoned_ && inside_ >= kRoom) {
    room_.wait_for(lock, kLookAgain);
    if (scope->batchers->closed()) abandoned_ = true;
  }
  if (abandoned_) return false;
  ++inside_;
  return true;
}

void OutputGate::leave() {
  const std::lock_guard lock(mutex_);
  --inside_;
  room_.notify_one();
}

void OutputGate::abandon() {
  const std::lock_guard lock(mutex_);
  abandoned_ = true;
  room_.notify_all();
}

bool OutputGate::abandoned() const {
  const std::lock_guard lock(mutex_);
  return abandoned_;
}

}  // namespace manta::detail
