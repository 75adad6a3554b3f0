#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/log.h"
#include "base/loop.h"
#include "base/metrics.h"
#include "net/exchange.h"
#include "net/receive_budget.h"
#include "replica/compute.h"
#include "replica/direct_call.h"
#include "replica/direct_callers.h"
#include "replica/replica_host.h"
#include "replica/replica_options.h"
#include "spec/replica_state.h"

namespace manta::replica {

// One replica: its user object behind the internal protocol. Answers POST /<method> and the paths of net/wire.h.
// Coroutine methods run on the loop, plain ones on the compute threads. Owned by the replica role (or a test);
// loop-confined.
class ReplicaServer {
 public:
  // All references outlive this. `compute` must be stopped before the loop ends; the destructor does it.
  ReplicaServer(Loop& loop, Compute& compute, Metrics& metrics, Logger& logger, net::ReceiveBudget& budget,
                ReplicaOptions options, MakeServable make);
  ~ReplicaServer();

  void listen(int fd);  // takes a listening descriptor
  void accept(int fd);  // takes a connected descriptor
  // A call that came over no connection of this one; `context` is what its headers would tell otherwise.
  void handle(net::ExchangePtr exchange, std::shared_ptr<RequestContext> context);
  void start();  // begins to construct the user's object; requests before it runs are refused
  // Refuses new requests, announces it, lets running ones finish within graceful_shutdown_timeout_s, then cancels them,
  // destroys the user's object and calls `done`. False: plain code was still running and its object was left alone; end
  // the process then, as the destructor of this waits for that code.
  void drain(std::move_only_function<void(bool clean)> done);

  // Requests over this one's connections whose authority is `member` are for `with`, which outlives this.
  void share_socket(std::string member, ReplicaServer& with);
  // A caller on the same loop; it is a connection of its own for admission. `events` are for it alone.
  ConnectionId attach(DirectEvents events);
  void detach(ConnectionId caller);
  void call(DirectCall& call);

  // Ids of the multiplexed models that are loaded; callers are told, at most every 100 ms.
  void set_models(std::vector<std::string> model_ids);
  spec::ReplicaState state() const;
  void on_state(std::function<void(const spec::ReplicaState&)> callback);  // at each change of `state`
  std::size_t waiters() const;                                             // connections that wait for a place
  std::size_t open_streams() const;                                        // control streams not counted
  std::size_t connections() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace manta::replica
