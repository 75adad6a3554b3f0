#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "base/log.h"
#include "base/loop.h"
#include "base/metrics.h"
#include "net/channel.h"
#include "spec/replica_set.h"

namespace manta::routing {

// What is known after `next` arrived: `next`, and while its controller has not adopted yet also the replicas,
// deployments and applications of `previous` that it does not name. Pure.
spec::RoutingSnapshot merge(const spec::RoutingSnapshot& previous, spec::RoutingSnapshot next);
// The same, or nothing if its (epoch, version) is not newer. `known`: null before the first.
std::optional<spec::RoutingSnapshot> if_newer(const spec::RoutingSnapshot* known, spec::RoutingSnapshot next);

struct SubscriptionOptions {
  Duration first_reconnect = std::chrono::milliseconds(10);  // doubles
  Duration max_reconnect = std::chrono::seconds(1);
};

// Follows the controller's POST /-/subscribe for ever: ignores snapshots whose (epoch, version) is not newer, keeps the
// last one while the controller is away and reconnects with back-off. Loop-confined; several loops of a process may
// each have one.
class Subscription {
 public:
  using Connect = std::function<std::unique_ptr<net::Channel>()>;  // null: cannot be reached now
  using Callback = std::function<void(const spec::RoutingSnapshot&)>;

  Subscription(Loop& loop, Metrics& metrics, Logger& logger, Connect connect, SubscriptionOptions options = {});
  ~Subscription();
  Subscription(const Subscription&) = delete;
  Subscription& operator=(const Subscription&) = delete;

  // `callback` gets every new snapshot, and the present one at once if there is one. Before start() or later.
  void on_snapshot(Callback callback);
  void start();
  bool connected() const;  // a snapshot has arrived on the present connection
  // Null before the first. Never changed: a newer one takes its place.
  const std::shared_ptr<const spec::RoutingSnapshot>& snapshot() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace manta::routing
