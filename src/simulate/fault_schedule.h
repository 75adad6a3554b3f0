#pragma once

#include <functional>

#include "simulate/cluster.h"
#include "simulate/control_plane.h"

namespace manta::simulate {

// Makes things go wrong at random times until it is told to stop. Loop-confined.
class FaultSchedule {
 public:
  FaultSchedule(World& world, std::uint64_t seed) : world_(world), faults_(world.options.faults), random_(seed) {}

  void begin();
  // Nothing goes wrong any more; nodes come back, slow replicas are as fast as the others.
  void stop();

 private:
  void every(double mean_s, void (FaultSchedule::*happens)());
  void crash();
  void slow();
  void cut();
  void restart();
  void node();
  std::shared_ptr<SimulatedReplica> any_replica();

  World& world_;
  const FaultOptions faults_;
  Random random_;
  bool stopped_ = false;
};

}  // namespace manta::simulate
