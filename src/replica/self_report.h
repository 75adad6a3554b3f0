#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/log.h"
#include "base/loop.h"
#include "base/metrics.h"
#include "replica/replica_options.h"
#include "replica/servable.h"
#include "replica/stats_recorder.h"
#include "spec/settings.h"
#include "spec/slot_notice.h"

namespace manta::replica {

// What a replica says of itself besides its load: the figures of record_autoscaling_stats() for the controller, those
// of record_routing_stats() and the ids of its loaded models for callers. Loop-confined.
class SelfReport {
 public:
  static constexpr Duration kModelPause = std::chrono::milliseconds(100);  // shortest between two notices of models

  struct Events {
    std::function<void()> autoscaling_changed;
    std::function<void(const spec::SlotNotice&)> tell_callers;
  };

  SelfReport(Loop& loop, Metrics& metrics, Logger& logger, const ReplicaOptions& options, Events events);
  ~SelfReport();

  // The replica runs: asks its object from now on, as far as it has the functions.
  void start(const std::shared_ptr<Servable>& servable, const spec::RunningSettings& settings);
  void set_terms(const spec::RunningSettings& settings);
  void stop();
  void set_models(std::vector<std::string> model_ids);

  const Stats& autoscaling_stats() const { return autoscaling_stats_; }
  // All that callers are told, for a new one. Nothing set: nothing to tell.
  const spec::SlotNotice& known() const { return known_; }

 private:
  StatsRecorder::Events events_of(StatsKind kind);
  void took(StatsKind kind, Stats stats);
  void tell_models();

  Loop& loop_;
  Metrics& metrics_;
  Logger& logger_;
  const ReplicaOptions& options_;
  const Events events_;
  Stats autoscaling_stats_;
  spec::SlotNotice known_;
  TimePoint models_told_at_{};
  TimerId models_timer_ = 0;
  std::vector<std::string> models_;
  StatsRecorder autoscaling_, routing_;
};

}  // namespace manta::replica
