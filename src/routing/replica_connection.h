#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "base/loop.h"
#include "net/channel.h"
#include "net/items.h"
#include "spec/replica_set.h"
#include "spec/slot_notice.h"

namespace manta::routing {

// Makes the channel to a replica. In tests: over a socket pair, or null for "cannot be reached now".
using ConnectReplica = std::function<std::unique_ptr<net::Channel>(const spec::ReplicaAddress&)>;

// A caller's way to one replica, kept up for as long as it lives. Over a channel (ChannelConnection), or simulated.
// Loop-confined.
class ReplicaConnection {
 public:
  // Called on the loop. May destroy the connection only by posting.
  struct Events {
    std::function<void(bool)> connected;  // true: usable; false: broken, open calls fail by themselves
    std::function<void(int)> granted;
    std::function<void(spec::SlotNotice)> told;  // models or routing_stats are set
    std::function<void()> draining;              // announced by the replica; it is not reconnected to
  };

  ReplicaConnection() = default;
  virtual ~ReplicaConnection() = default;
  ReplicaConnection(const ReplicaConnection&) = delete;
  ReplicaConnection& operator=(const ReplicaConnection&) = delete;

  virtual void start() = 0;
  virtual bool usable() const = 0;
  virtual net::Channel* channel() const = 0;  // null unless usable, and where there are no channels
};

// Makes what keeps the connection to a replica.
using MakeConnection =
    std::function<std::unique_ptr<ReplicaConnection>(const spec::ReplicaAddress&, ReplicaConnection::Events)>;

// Connects, opens the control stream, is usable once the replica has answered that, connects again with back-off after
// each loss.
class ChannelConnection final : public ReplicaConnection {
 public:
  struct BackOff {
    Duration first, max;
  };

  ChannelConnection(Loop& loop, const spec::ReplicaAddress& address, ConnectReplica connect, BackOff back_off,
                    Events events);
  ~ChannelConnection() override;

  void start() override;
  bool usable() const override { return channel() != nullptr; }
  net::Channel* channel() const override;

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
  std::shared_ptr<ChannelConnection*> self_;            // null target once destroyed: for posted callbacks
};

}  // namespace manta::routing
