#pragma once

#include <functional>
#include <memory>
#include <string>

#include <manta/error.h>
#include <manta/task.h>

#include "base/loop.h"
#include "base/task_scope.h"
#include "net/channel.h"
#include "net/item_stream.h"
#include "spec/replica_state.h"

namespace manta::control {

// The controller's connection to one replica: its state stream, and health checks on request. A broken connection is
// made anew as long as the link exists. Over a channel (ChannelLink), or simulated. Loop-confined; callbacks may
// destroy it.
class ReplicaLink {
 public:
  using OnState = std::function<void(const spec::ReplicaState&)>;
  using OnHealth = std::function<void(Result<void>)>;

  ReplicaLink() = default;
  virtual ~ReplicaLink() = default;
  ReplicaLink(const ReplicaLink&) = delete;
  ReplicaLink& operator=(const ReplicaLink&) = delete;

  // One check after `delay`. The next is asked for by its result.
  virtual void check_health(Duration delay, Duration timeout, OnHealth on_health) = 0;
  // Gives it spec::RunningSettings as JSON. The task may outlive the link.
  virtual Task<Result<void>> tell_settings(std::string settings, Duration timeout) = 0;
};

// Makes the link to the replica that listens at `address`.
using LinkReplica =
    std::function<std::unique_ptr<ReplicaLink>(const std::string& address, ReplicaLink::OnState on_state)>;

class ChannelLink final : public ReplicaLink {
 public:
  ChannelLink(Loop& loop, net::ReceiveBudget& budget, const std::string& address, OnState on_state,
              net::PeerSecurityPtr security = nullptr);
  ~ChannelLink() override;

  void check_health(Duration delay, Duration timeout, OnHealth on_health) override;
  Task<Result<void>> tell_settings(std::string settings, Duration timeout) override;

 private:
  void connect();
  Task<void> run_check(Duration timeout, OnHealth on_health);

  Loop& loop_;
  net::ReceiveBudget& budget_;
  net::Address address_;
  OnState on_state_;
  net::PeerSecurityPtr security_;
  std::shared_ptr<net::Channel> channel_;
  std::unique_ptr<net::ItemStream> states_;
  TimerId reconnect_ = 0;
  TimerId check_ = 0;
  Duration backoff_ = std::chrono::milliseconds(10);
  TaskScope tasks_;
};

}  // namespace manta::control
