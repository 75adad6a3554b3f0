// The part of a router that follows its replica set.
#include <algorithm>
#include <utility>

#include "routing/router_core.h"

namespace manta::routing {

void RouterCore::update(const spec::ReplicaSet& set) {
  set_ = set;
  set_.application = application_;
  set_.deployment = deployment_;
  const auto same = [](const spec::ReplicaAddress& a, const spec::ReplicaAddress& b) {
    return a.id == b.id && a.address == b.address;
  };
  const auto known = slots_.all();
  for (const auto& slot : known) {
    const auto now =
        std::ranges::find_if(set_.replicas, [&](const auto& replica) { return same(replica, slot->address); });
    if (now != set_.replicas.end()) {
      slots_.set_max_ongoing(*slot, now->max_ongoing_requests);
    } else {
      if (slot->queue_length) slot->queue_length->set(0);
      slots_.remove(*slot);
      env_.loop.post([slot] {});
    }
  }
  for (const auto& replica : set_.replicas) {
    const bool is_known =
        std::ranges::any_of(slots_.all(), [&](const auto& slot) { return same(replica, slot->address); });
    if (!is_known) add_replica(replica);
  }
  fail_where_all_replicas_are_avoided();
  pump_later();
}

void RouterCore::add_replica(const spec::ReplicaAddress& address) {
  auto slot = std::make_shared<ReplicaSlot>();
  slot->address = address;
  slot->key = next_key_++;
  slot->core = shared_from_this();
  slot->queue_length =
      env_.metrics.gauge("request_router_queue_len", "Requests of others on a replica, by its last reply.",
                         {{"application", application_},
                          {"deployment", deployment_},
                          {"handle", env_.handle},
                          {"replica_id", address.id}});
  ReplicaSlot* const raw = slot.get();
  slot->connection = std::make_unique<ReplicaConnection>(
      env_.loop, address, env_.connect,
      ReplicaConnection::BackOff{.first = options_.first_reconnect, .max = options_.max_reconnect},
      ReplicaConnection::Events{.connected = [this, raw](bool connected) { connection_changed(*raw, connected); },
                                .granted =
                                    [this, raw](int count) {
                                      if (raw->removed || raw->draining) return;
                                      slots_.granted(*raw, count, env_.loop.now() + options_.grant_life);
                                      pump_later();
                                    },
                                .draining =
                                    [this, raw] {
                                      if (!raw->removed && !raw->draining) slots_.set_draining(*raw);
                                    }});
  slots_.add(std::move(slot));
  raw->connection->start();
}

void RouterCore::connection_changed(ReplicaSlot& slot, bool connected) {
  if (slot.removed || slot.connected == connected) return;
  slots_.set_connected(slot, connected);
  if (connected) pump_later();
}

bool RouterCore::all_avoided(const RequestInfo& request) const {
  if (request.avoid.empty() || slots_.all().empty()) return false;
  return std::ranges::all_of(slots_.all(), [&](const auto& slot) {
    return std::ranges::find(request.avoid, slot->key) != request.avoid.end();
  });
}

void RouterCore::fail_where_all_replicas_are_avoided() {
  for (Waiter* waiter = queue_.oldest(); waiter; waiter = queue_.after(waiter->request.arrival))
    if (all_avoided(waiter->request))
      complete_later(*waiter, fail(ErrorCode::NotFound, who() + ": no replica knows the method of this request"));
}

void RouterCore::close() {
  closed_ = true;
  env_.loop.cancel(fallback_);
  while (Waiter* waiter = queue_.oldest())
    complete_later(*waiter, fail(ErrorCode::Unavailable, who() + ": this process is stopping"));
  metrics_.in_flight.add(-static_cast<double>(in_flight_));
  const auto known = slots_.all();
  for (const auto& slot : known) slots_.remove(*slot);
}

}  // namespace manta::routing
