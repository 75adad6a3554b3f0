// Caller: what it tells the controller, in the rhythm of routing::LoadReporter; and whether it is at rest.
#include <algorithm>
#include <utility>

#include "base/of_seconds.h"
#include "simulate/caller.h"
#include "simulate/control_plane.h"

namespace manta::simulate {
namespace {

constexpr Duration kPause = std::chrono::milliseconds(50);
constexpr Duration kTryAgain = std::chrono::milliseconds(500);
constexpr Duration kRepeat = std::chrono::seconds(5);  // while any wait: what is silent for long is forgotten

}  // namespace

void Caller::report_soon() {
  if (reporting_ || report_timer_ != 0) return;
  report_timer_ = world_.loop.at(std::max(world_.loop.now(), reported_at_ + kPause), [this] {
    report_timer_ = 0;
    report();
  });
}

void Caller::report() {
  counts_.watch()->rearm();
  spec::LoadReport report;
  const bool repeats = world_.loop.now() >= reported_at_ + kRepeat;
  for (const auto& [key, destination] : destinations_) {
    if (destination.router->replica_set().load_report_interval_s <= 0) continue;
    const std::int64_t queued = destination.count->value();
    if (queued != told_[key] || (queued > 0 && repeats))
      report.deployments.push_back({key.application, key.deployment, queued});
  }
  if (report.deployments.empty()) {
    const bool waits = std::ranges::any_of(told_, [](const auto& told) { return told.second > 0; });
    if (waits && report_timer_ == 0)
      report_timer_ = world_.loop.after(kRepeat, [this] {
        report_timer_ = 0;
        this->report();
      });
    return;
  }
  reporting_ = true;
  reported_at_ = world_.loop.now();
  world_.network.send(to_controller_, [&world = world_, self = self_, id = id_, report] {
    const bool arrived = world.plane->take_load(id, report);
    if (*self) (*self)->reported(report, arrived);
  });
}

void Caller::reported(const spec::LoadReport& report, bool arrived) {
  reporting_ = false;
  if (!arrived) {
    controller_lost();
    report_timer_ = world_.loop.after(kTryAgain, [this] {
      report_timer_ = 0;
      this->report();
    });
    return;
  }
  for (const spec::QueuedRequests& told : report.deployments) told_[{told.application, told.deployment}] = told.queued;
  report_soon();
}

void Caller::controller_lost() { told_.clear(); }

std::size_t Caller::queued(const control::DeploymentKey& key) const {
  const auto found = destinations_.find(key);
  return found == destinations_.end() ? 0 : found->second.router->queued();
}

std::string Caller::unsettled(const std::map<control::DeploymentKey, std::size_t>& replicas) const {
  for (const auto& [key, destination] : destinations_) {
    const routing::Router& router = *destination.router;
    const std::string who = handle_ + " -> " + key.deployment + ": ";
    const auto known = replicas.find(key);
    const std::size_t wanted = known == replicas.end() ? 0 : known->second;
    if (router.queued() > 0) return who + std::to_string(router.queued()) + " requests wait";
    if (router.in_flight() > 0) return who + std::to_string(router.in_flight()) + " places are taken";
    if (destination.count->value() != 0)
      return who + std::to_string(destination.count->value()) + " counted as waiting";
    if (router.usable() != wanted)
      return who + std::to_string(router.usable()) + " usable replicas, " + std::to_string(wanted) + " run";
  }
  return {};
}

}  // namespace manta::simulate
