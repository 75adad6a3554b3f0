#include "replica/self_report.h"

#include <algorithm>
#include <utility>

#include "base/of_seconds.h"

namespace manta::replica {
namespace {

constexpr Duration kAutoscalingTimeout = std::chrono::seconds(10);
constexpr double kAutoscalingPeriod_s = 10;  // of a deployment without autoscaling_config

StatsRecorder::Terms routing_terms(const spec::RunningSettings& settings) {
  return {of_seconds(settings.request_routing_stats_period_s), of_seconds(settings.request_routing_stats_timeout_s)};
}

StatsRecorder::Ask asking(const std::shared_ptr<Servable>& servable, StatsKind kind) {
  return [servable, kind] { return servable->record_stats(kind); };
}

}  // namespace

SelfReport::SelfReport(Loop& loop, Metrics& metrics, Logger& logger, const ReplicaOptions& options, Events events)
    : loop_(loop),
      metrics_(metrics),
      logger_(logger),
      options_(options),
      events_(std::move(events)),
      autoscaling_(loop, events_of(StatsKind::Autoscaling)),
      routing_(loop, events_of(StatsKind::Routing)) {}

SelfReport::~SelfReport() { stop(); }

StatsRecorder::Events SelfReport::events_of(StatsKind kind) {
  const bool autoscaling = kind == StatsKind::Autoscaling;
  const Labels labels{
      {"application", options_.application}, {"deployment", options_.deployment}, {"replica", options_.id}};
  auto failures =
      metrics_.counter(autoscaling ? "record_autoscaling_stats_failed" : "manta_record_routing_stats_failed",
                       "Calls of the function of the class that failed or took too long.", labels);
  auto latency =
      metrics_.histogram(autoscaling ? "user_autoscaling_stats_latency_ms" : "manta_user_routing_stats_latency_ms",
                         "Time the function of the class took.", labels);
  return {.on_stats = [this, kind](Stats stats) { took(kind, std::move(stats)); },
          .on_failure =
              [this, failures, autoscaling](const Error& error) mutable {
                failures.add();
                logger_.warn("recording statistics failed",
                             {{"replica", options_.id},
                              {"function", autoscaling ? "record_autoscaling_stats" : "record_routing_stats"},
                              {"message", error.message}});
              },
          .on_answer =
              [latency](Duration took) mutable {
                latency.observe(std::chrono::duration<double, std::milli>(took).count());
              },
          .nobody = options_.nobody};
}

void SelfReport::start(const std::shared_ptr<Servable>& servable, const spec::RunningSettings& settings) {
  const auto& autoscaling = options_.config.autoscaling_config;
  const double period_s = autoscaling ? autoscaling->metrics_interval_s : kAutoscalingPeriod_s;
  if (servable->records(StatsKind::Autoscaling))
    autoscaling_.start(asking(servable, StatsKind::Autoscaling), {of_seconds(period_s), kAutoscalingTimeout});
  if (servable->records(StatsKind::Routing))
    routing_.start(asking(servable, StatsKind::Routing), routing_terms(settings));
}

void SelfReport::set_terms(const spec::RunningSettings& settings) { routing_.set_terms(routing_terms(settings)); }

void SelfReport::stop() {
  autoscaling_.stop();
  routing_.stop();
  loop_.cancel(std::exchange(models_timer_, 0));
}

void SelfReport::took(StatsKind kind, Stats stats) {
  if (kind == StatsKind::Autoscaling) {
    if (std::exchange(autoscaling_stats_, stats) != stats) events_.autoscaling_changed();
    return;
  }
  if (known_.routing_stats == stats) return;
  known_.routing_stats = std::move(stats);
  events_.tell_callers({.routing_stats = known_.routing_stats});
}

void SelfReport::set_models(std::vector<std::string> model_ids) {
  models_ = std::move(model_ids);
  if (models_timer_ != 0) return;
  const TimePoint at = models_told_at_ == TimePoint{} ? loop_.now() : models_told_at_ + kModelPause;
  if (at <= loop_.now()) return tell_models();
  models_timer_ = loop_.at(at, [this] {
    models_timer_ = 0;
    tell_models();
  });
}

void SelfReport::tell_models() {
  if (known_.models == models_) return;
  known_.models = models_;
  models_told_at_ = loop_.now();
  events_.tell_callers({.models = known_.models});
}

}  // namespace manta::replica
