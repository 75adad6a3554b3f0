#include "simulate/fault_schedule.h"

#include <iterator>

#include "base/of_seconds.h"

namespace manta::simulate {

void FaultSchedule::begin() {
  if (faults_.any()) world_.ledger.disturb();
  every(faults_.crash_s, &FaultSchedule::crash);
  every(faults_.slow_s, &FaultSchedule::slow);
  every(faults_.cut_s, &FaultSchedule::cut);
  every(faults_.restart_s, &FaultSchedule::restart);
  every(faults_.node_s, &FaultSchedule::node);
}

void FaultSchedule::stop() {
  stopped_ = true;
  world_.network.calm_down();
  world_.cluster->calm_down();
  world_.cluster->give_nodes_back();
  for (const auto& [id, replica] : world_.cluster->replicas()) replica->slow_down(1);
}

void FaultSchedule::every(double mean_s, void (FaultSchedule::*happens)()) {
  if (mean_s <= 0) return;
  world_.loop.after(of_seconds(exponential(random_, mean_s)), [this, mean_s, happens] {
    if (stopped_) return;
    (this->*happens)();
    every(mean_s, happens);
  });
}

std::shared_ptr<SimulatedReplica> FaultSchedule::any_replica() {
  const auto& replicas = world_.cluster->replicas();
  if (replicas.empty()) return nullptr;
  return std::next(replicas.begin(), static_cast<std::ptrdiff_t>(below(random_, replicas.size())))->second;
}

void FaultSchedule::crash() {
  if (const auto replica = any_replica()) world_.cluster->kill(replica->process().id);
}

void FaultSchedule::slow() {
  const auto replica = any_replica();
  if (!replica) return;
  replica->slow_down(faults_.slow_factor);
  world_.loop.after(of_seconds(faults_.slow_for_s), [weak = std::weak_ptr(replica)] {
    if (const auto still = weak.lock()) still->slow_down(1);
  });
}

void FaultSchedule::cut() {
  if (const auto replica = any_replica()) replica->cut_connections();
}

void FaultSchedule::restart() { world_.plane->crash(); }

void FaultSchedule::node() {
  const std::size_t nodes = world_.cluster->living_nodes().size();
  if (nodes < 2) return;
  world_.cluster->take_node_away(below(random_, nodes));
  world_.loop.after(of_seconds(faults_.node_back_s), [this] {
    if (!stopped_) world_.cluster->give_nodes_back();
  });
}

}  // namespace manta::simulate
