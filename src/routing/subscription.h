#pragma once

#include <functional>
#include <memory>

#include "base/log.h"
#include "base/loop.h"
#include "base/metrics.h"
#include "net/channel.h"
#include "spec/replica_set.h"

namespace manta::routing {

struct SubscriptionOptions {
  Duration first_reconnect = std::chrono::milliseconds(10);  // doubles
  Duration max_reconnect = std::chrono::seconds(1);
};

// Follows the controller's POST /-/subscribe for ever: makes snapshots of its items, ignores those whose (epoch,
// version) is not newer, keeps the last one while the controller is away and reconnects with back-off, also when an
// item is not understood or does not follow on the one before. Loop-confined; several loops of a process may each have
// one.
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
  // Null before the first. Never changed: a newer one takes its place, and what is the same in it is the same object.
  const std::shared_ptr<const spec::RoutingSnapshot>& snapshot() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace manta::routing
