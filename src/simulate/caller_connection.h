#pragma once

#include <functional>
#include <memory>

#include "routing/replica_connection.h"
#include "simulate/connection.h"

namespace manta::simulate {

// Keeps the simulated connection of one caller to one replica: opens it, and again with back-off after it broke.
class CallerConnection final : public routing::ReplicaConnection {
 public:
  // `on_end` is called by the destructor.
  CallerConnection(World& world, const spec::ReplicaAddress& address, Events events, std::function<void()> on_end);
  ~CallerConnection() override;

  void start() override { connect(); }
  bool usable() const override { return up_; }
  net::Channel* channel() const override { return nullptr; }
  // The outcome is told by the attempt.
  void send(const AttemptPtr& attempt);

 private:
  void connect();
  void broken();

  World& world_;
  const std::string replica_id_;
  Events events_;
  std::function<void()> on_end_;
  std::shared_ptr<Connection> connection_;
  bool up_ = false;
  bool draining_ = false;
  TimerId timer_ = 0;
  Duration pause_;
};

}  // namespace manta::simulate
