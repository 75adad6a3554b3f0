#pragma once

#include <memory>
#include <string>

#include "control/replica_link.h"
#include "simulate/simulated_replica.h"

namespace manta::simulate {

// The controller's link to a simulated replica: what net carries for a real one.
class ReplicaWatch final : public control::ReplicaLink {
 public:
  ReplicaWatch(World& world, std::string replica_id, OnState on_state);
  ~ReplicaWatch() override;

  void check_health(Duration delay, Duration timeout, OnHealth on_health) override;
  Task<Result<void>> tell_settings(std::string settings, Duration timeout) override;

 private:
  void connect();
  Task<void> run_check(Duration timeout, OnHealth on_health);

  World& world_;
  const std::string replica_id_;
  OnState on_state_;
  std::shared_ptr<StateStream> stream_;
  TimerId reconnect_ = 0, check_ = 0;
  TaskScope tasks_;
};

}  // namespace manta::simulate
