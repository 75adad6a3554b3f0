#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "net/channel.h"
#include "routing/circuit_breaker.h"
#include "routing/policy.h"

namespace manta::routing {

struct ReplicaSlot;

// Why a replica turned a request away before starting it.
enum class Refusal { Full, Draining, NoMethod };

// One request's place on one replica: counted in flight from Router::acquire until released or destroyed.
// Loop-confined; may outlive its Router.
class Lease {
 public:
  Lease() = default;
  Lease(std::shared_ptr<ReplicaSlot> slot, std::int32_t waiting, CircuitBreaker::Probe probe = 0)
      : slot_(std::move(slot)), waiting_(waiting), probe_(probe) {}
  Lease(Lease&&) noexcept = default;
  Lease& operator=(Lease&& other) noexcept {
    Lease(std::move(other)).swap(*this);
    return *this;
  }
  ~Lease() { release(); }
  void swap(Lease& other) noexcept {
    slot_.swap(other.slot_);
    std::swap(waiting_, other.waiting_);
    std::swap(probe_, other.probe_);
  }

  explicit operator bool() const { return slot_ != nullptr; }
  // The connection to the replica; null once it has broken.
  net::Channel* channel() const;
  // The same, asked later and elsewhere on the loop: the place may be given back meanwhile.
  std::function<net::Channel*()> connection() const;
  const std::string& replica_id() const;
  ReplicaKey key() const;
  // How many more requests wait for this replica's grants: the value of x-manta-waiting; 0 = leave the header out.
  std::int32_t waiting() const { return waiting_; }

  // How the call ended, or that it failed: once, before the place is given back. Without it the end says nothing.
  void ended(Outcome outcome);
  // It was a good answer, after so long.
  void took(Duration time);
  // Good answers of the deployment usually take longer than `given`: a deadline that short says nothing.
  bool is_too_short(Duration given) const;
  // A reply told how many other requests run on the replica.
  void reported(std::int32_t queue) { reported(queue, now()); }
  void reported(std::int32_t queue, TimePoint now);
  // The replica turned the request away, with its queue length. Releases the place.
  void refused(Refusal why, std::int32_t queue);
  // The connection failed under the request: the replica is not used before it has been reached anew. Releases the
  // place.
  void lost();
  void release() {
    if (slot_) release(now());
  }
  void release(TimePoint now);

 private:
  TimePoint now() const;
  void give_back(bool served, TimePoint now);  // `now`: if it was served

  std::shared_ptr<ReplicaSlot> slot_;
  std::int32_t waiting_ = 0;
  CircuitBreaker::Probe probe_ = 0;
};

}  // namespace manta::routing
