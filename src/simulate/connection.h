#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>

#include <manta/error.h>

#include "net/channel.h"
#include "routing/lease.h"
#include "simulate/wait.h"
#include "simulate/world.h"

namespace manta::simulate {

class SimulatedReplica;

// How one sending of a call ended, as its caller learns it.
struct AttemptOutcome {
  bool timed_out = false;
  std::optional<routing::Refusal> refusal;
  std::optional<net::CallFailure> failure;
  bool answered = false;
  std::optional<Error> error;  // in the answer
  int queue = 0;               // other requests on the replica then
};

// One sending of a call to a replica; both ends hold it.
struct Attempt {
  CallId call = 0;
  std::uint64_t number = 0;  // on its connection
  int waiting = 0;           // further requests of the caller that wait for this replica
  Expected<AttemptOutcome> outcome;
};
using AttemptPtr = std::shared_ptr<Attempt>;

// A connection between a caller and a replica: messages arrive in order, later; when it breaks those on the way are
// gone and open calls may have run. Loop-confined.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  // Of the caller; not called any more after close().
  struct Events {
    std::function<void()> up;
    std::function<void()> broken;
    std::function<void(int)> granted;
    std::function<void()> draining;
  };

  Connection(World& world, std::weak_ptr<SimulatedReplica> replica, Events events);

  // The caller's end.
  void open();
  void send(const AttemptPtr& attempt);
  void close();

  // The replica's end.
  void accepted();
  void answer(const AttemptPtr& attempt, AttemptOutcome outcome);
  void grant(int count);
  void announce_draining();
  // It ends in order: what it has answered still arrives, what it has not received was never started.
  void finish();

  void cut();  // breaks; both ends learn it
  std::uint64_t id() const { return id_; }
  bool is_open() const { return open_; }

 private:
  void to_caller(Loop::Callback deliver);
  void deliver(const AttemptPtr& attempt, AttemptOutcome outcome);
  void broken(net::CallFailure failure);

  World& world_;
  const std::uint64_t id_;
  std::weak_ptr<SimulatedReplica> replica_;
  Events events_;
  bool open_ = true;
  Network::Pipe to_replica_, to_caller_;
  std::map<std::uint64_t, AttemptPtr> attempts_;  // open ones, as they were sent
  std::uint64_t next_attempt_ = 1;
};

}  // namespace manta::simulate
