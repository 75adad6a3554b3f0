#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "base/loop.h"
#include "net/channel.h"
#include "net/items.h"
#include "spec/replica_set.h"

namespace manta::routing {

// Makes the channel to a replica. In tests: over a socket pair, or null for "cannot be reached now".
using ConnectReplica = std::function<std::unique_ptr<net::Channel>(const spec::ReplicaAddress&)>;

// Keeps one connection to one replica: connects, opens the control stream, is usable once the replica has answered
// that, connects again with back-off after each loss, for as long as it lives. Loop-confined.
class ReplicaConnection {
 public:
  // Called on the loop. May destroy the connection only by posting.
  struct Events {
    std::function<void(bool)> connected;  // true: usable; false: broken, open calls fail by themselves
    std::function<void(int)> granted;
    std::function<void()> draining;  // announced by the replica; it is not reconnected to
  };
  struct BackOff {
    Duration first, max;
  };

  ReplicaConnection(Loop& loop, const spec::ReplicaAddress& address, ConnectReplica connect, BackOff back_off,
                    Events events);
  ~ReplicaConnection();
  ReplicaConnection(const ReplicaConnection&) = delete;
  ReplicaConnection& operator=(const ReplicaConnection&) = delete;

  void start();
  net::Channel* channel() const;  // null unless usable

 private:
  void connect();
  void connect_later();
  void on_state(net::Channel::State state);
  void open_control();
  void up();
  void on_notice();
  void drop_channel();
  void replace_channel();

  Loop& loop_;
  const spec::ReplicaAddress address_;
  ConnectReplica connect_;
  const BackOff back_off_;
  Events events_;
  Duration next_pause_;
  TimerId timer_ = 0;
  bool up_ = false;
  bool draining_ = false;
  std::unique_ptr<net::Channel> channel_;
  std::unique_ptr<net::ClientCall> control_;
  net::ItemSplitter notices_;
  std::vector<std::unique_ptr<net::Channel>> retired_;  // rotated out; their open calls go on
  std::shared_ptr<ReplicaConnection*> self_;            // null target once destroyed: for posted callbacks
};

}  // namespace manta::routing
