// The part of a router that follows its replica set.
#include <algorithm>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "base/of_seconds.h"
#include "routing/policies/policy_list.h"
#include "routing/policies/power_of_two.h"
#include "routing/router_core.h"

namespace manta::routing {

void RouterCore::update(const spec::ReplicaSet& set) {
  const spec::ReplicaSet before = std::exchange(set_, set);
  set_.application = application_;
  set_.deployment = deployment_;
  if (set_.router != before.router) use_policy(set_.router);
  if (set_.admission != before.admission) use_admission();
  std::unordered_map<std::string_view, const spec::ReplicaAddress*> wanted;  // by id
  for (const auto& replica : set_.replicas) wanted[replica.id] = &replica;
  const auto known = slots_.all();
  for (const auto& slot : known) {
    const auto now = wanted.find(slot->address.id);
    if (now != wanted.end() && now->second->address == slot->address.address) {
      slots_.set_max_ongoing(*slot, now->second->max_ongoing_requests);
      wanted.erase(now);
    } else {
      remove_replica(*slot);
      env_.loop.post([slot] {});
    }
  }
  for (const auto& replica : set_.replicas)
    if (wanted.erase(replica.id) > 0) add_replica(replica);
  keep_breakers_in_bounds();
  if (set_.hosted)
    for (Waiter* const waiter : queue_.all()) complete_later(*waiter, std::unexpected(has_moved()));
  fail_where_all_replicas_are_avoided();
  pump_later();
}

void RouterCore::use_policy(const RequestRouterConfig& config) {
  next_back_off_ = of_seconds(config.initial_backoff_s);
  auto policy = make_policy(config, custom_policies_);
  by_request_ = chooses_by_request(config);
  if (!policy)  // by a controller of another version
    env_.logger.warn("routing policy not known, using power_of_two", {{"error", policy.error().message}});
  policy_ = policy ? std::move(*policy) : Policy(power_of_two);
}

void RouterCore::use_custom_policies(CustomPolicies policies) {
  custom_policies_ = std::move(policies);
  use_policy(set_.router);
}

void RouterCore::use_admission() {
  queue_.set_weights(set_.admission.tenant_weights);
  for (Waiter* const waiter : queue_.all()) {
    env_.loop.cancel(std::exchange(waiter->timer, 0));
    arm_timer(*waiter);
  }
}

void RouterCore::add_replica(const spec::ReplicaAddress& address) {
  auto slot = std::make_shared<ReplicaSlot>();
  slot->address = address;
  slot->key = next_key_++;
  slot->core = shared_from_this();
  slot->series.emplace(env_.metrics.part());
  slot->queue_length =
      slot->series->gauge("request_router_queue_len", "Requests of others on a replica, by its last reply.",
                          {{"application", application_},
                           {"deployment", deployment_},
                           {"handle", env_.handle},
                           {"handle_source", env_.handle_source},
                           {"replica_id", address.id}});
  ReplicaSlot* const raw = slot.get();
  slot->connection = connection_to(
      address,
      ReplicaConnection::Events{.connected = [this, raw](bool connected) { connection_changed(*raw, connected); },
                                .granted =
                                    [this, raw](int count) {
                                      if (raw->removed || raw->draining) return;
                                      slots_.granted(*raw, count, env_.loop.now() + options_.grant_life);
                                      pump_later();
                                    },
                                .told =
                                    [raw](spec::SlotNotice notice) {
                                      if (notice.models) raw->told.models = std::move(notice.models);
                                      if (notice.routing_stats)
                                        raw->told.routing_stats = std::move(notice.routing_stats);
                                    },
                                .draining =
                                    [this, raw] {
                                      if (!raw->removed && !raw->draining) slots_.set_draining(*raw);
                                    }});
  slots_.add(std::move(slot), nearness(env_.node_id, address.node_id, env_.zones));
  raw->connection->start();
}

void RouterCore::remove_replica(ReplicaSlot& slot) {
  forget_breaker(slot);
  slot.queue_length.reset();
  slot.series.reset();
  slots_.remove(slot);
}

void RouterCore::connection_changed(ReplicaSlot& slot, bool connected) {
  if (slot.removed || slot.connected == connected) return;
  slots_.set_connected(slot, connected);
  if (connected) pump_later();
}

std::unique_ptr<ReplicaConnection> RouterCore::connection_to(const spec::ReplicaAddress& address,
                                                             ReplicaConnection::Events events) const {
  if (env_.make_connection)
    if (auto made = env_.make_connection(address, events)) return made;
  const ChannelConnection::BackOff back_off{.first = options_.first_reconnect, .max = options_.max_reconnect};
  return std::make_unique<ChannelConnection>(env_.loop, address, env_.connect, back_off, std::move(events));
}

bool RouterCore::all_avoided(const RequestInfo& request) const {
  if (request.avoid.empty() || slots_.all().empty()) return false;
  return std::ranges::all_of(slots_.all(), [&](const auto& slot) {
    return std::ranges::find(request.avoid, slot->key) != request.avoid.end();
  });
}

void RouterCore::fail_where_all_replicas_are_avoided() {
  for (Waiter* const waiter : queue_.all())
    if (all_avoided(waiter->request))
      complete_later(*waiter, fail(ErrorCode::NotFound, who() + ": no replica knows the method of this request"));
}

void RouterCore::close() {
  closed_ = true;
  env_.loop.cancel(fallback_);
  while (Waiter* waiter = queue_.next())
    complete_later(*waiter, fail(ErrorCode::Unavailable, who() + ": this process is stopping"));
  metrics_.in_flight.add(-static_cast<double>(in_flight_));
  const auto known = slots_.all();
  for (const auto& slot : known) remove_replica(*slot);
}

}  // namespace manta::routing
