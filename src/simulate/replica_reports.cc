// SimulatedReplica: what it tells the controller.
#include <algorithm>
#include <utility>

#include "simulate/simulated_replica.h"

namespace manta::simulate {
namespace {

// As real replicas do: where the number of replicas follows the load, the load is told sooner.
Duration load_report_pause(const DeploymentConfig& config) {
  return std::chrono::milliseconds(config.autoscaling_config ? 50 : 500);
}

const char* state_name(SimulatedReplica::Phase phase) {
  switch (phase) {
    case SimulatedReplica::Phase::Starting:
      return "STARTING";
    case SimulatedReplica::Phase::Running:
      return "RUNNING";
    case SimulatedReplica::Phase::StartFailed:
      return "START_FAILED";
    case SimulatedReplica::Phase::Draining:
    case SimulatedReplica::Phase::Gone:
      break;
  }
  return "STOPPING";
}

}  // namespace

spec::ReplicaState SimulatedReplica::state() const {
  return {.state = state_name(phase_),
          .message = phase_ == Phase::StartFailed ? "the simulated constructor failed" : "",
          .ongoing = admission_.ongoing(),
          .completed = completed_};
}

void SimulatedReplica::report() {
  reported_ = state();
  reported_at_ = world_.loop.now();
  std::erase_if(streams_, [](const auto& stream) { return !stream->open; });
  for (const auto& stream : streams_)
    world_.network.send(stream->pipe, [stream, told = reported_] {
      if (stream->open) stream->deliver(told);
    });
}

void SimulatedReplica::report_load_later() {
  if (report_timer_ != 0 || streams_.empty() || phase_ == Phase::Gone) return;
  const TimePoint at = std::max(world_.loop.now(), reported_at_ + load_report_pause(spec_.config));
  report_timer_ = world_.loop.at(at, [this] {
    report_timer_ = 0;
    if (state() != reported_) report();
  });
}

void SimulatedReplica::watch(const std::shared_ptr<StateStream>& stream) {
  if (phase_ == Phase::Gone) return;
  streams_.push_back(stream);
  world_.network.send(stream->pipe, [stream, told = state()] {
    if (stream->open) stream->deliver(told);
  });
}

void SimulatedReplica::answer_health(const Expected<Result<void>>& answer) {
  world_.loop.after(scaled(std::chrono::milliseconds(1), factor_), [weak = weak_from_this(), answer] {
    const auto self = weak.lock();
    if (!self || self->phase_ == Phase::Gone) return;
    answer.set(self->phase_ == Phase::Running || self->phase_ == Phase::Draining
                   ? Result<void>()
                   : fail(ErrorCode::Unavailable, "not ready"));
  });
}

void SimulatedReplica::take_settings(const spec::RunningSettings& settings) {
  spec_.config.max_ongoing_requests = settings.max_ongoing_requests;
  spec_.config.request_timeout_s = settings.request_timeout_s;
  spec_.config.graceful_shutdown_timeout_s = settings.graceful_shutdown_timeout_s;
  admission_.set_max_ongoing(settings.max_ongoing_requests);
  places_changed();
}

}  // namespace manta::simulate
