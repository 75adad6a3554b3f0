#include "ingress/request_record.h"

#include <chrono>
#include <utility>

namespace manta::ingress {

RequestRecord::RequestRecord(RecordKeeper& keeper, RouteSeries& series, Verb verb, net::ExchangePtr exchange)
    : keeper_(&keeper), series_(&series), verb_(verb), started_(keeper.clock.now()), exchange_(std::move(exchange)) {
  keeper_->metrics.ongoing().add(1);
}

RequestRecord::RequestRecord(RequestRecord&& other) noexcept
    : keeper_(std::exchange(other.keeper_, nullptr)),
      series_(other.series_),
      verb_(other.verb_),
      started_(other.started_),
      exchange_(std::move(other.exchange_)),
      context_(std::move(other.context_)),
      counts_(std::move(other.counts_)),
      target_(other.target_),
      allowed_(other.allowed_),
      failure_(other.failure_) {}

RequestRecord::~RequestRecord() { end(499); }

void RequestRecord::end(int status) {
  RecordKeeper* keeper = std::exchange(keeper_, nullptr);
  if (!keeper) return;
  const Duration latency = keeper->clock.now() - started_;
  const double latency_ms = std::chrono::duration<double, std::milli>(latency).count();
  keeper->metrics.ongoing().add(-1);
  series_->record(verb_, status, latency_ms);
  if (counts_) counts_->count(target_, traffic_outcome_of(status), latency);
  if (keeper->access_log)
    keeper->access_log->add({.verb = exchange_->request().method,
                             .path = exchange_->request().target,
                             .status = status,
                             .milliseconds = latency_ms,
                             .request_id = request_id(),
                             .route = context_ ? std::string_view(context_->route) : std::string_view(),
                             .application = context_ ? std::string_view(context_->application) : std::string_view()});
}

// A client that asks for what nobody can do says nothing about who was asked.
TrafficOutcome RequestRecord::traffic_outcome_of(int status) const {
  const bool had_no_chance =
      failure_ == ErrorCode::DeadlineExceeded && allowed_ && counts_->is_too_short(target_, *allowed_);
  return had_no_chance ? TrafficOutcome::Neutral : traffic_outcome(status, failure_);
}

void RequestRecord::go_to(RouteSeries& series, std::shared_ptr<TrafficCounts> counts, std::size_t target,
                          std::optional<Duration> allowed) {
  allowed_ = allowed;
  series_ = &series;
  counts_ = std::move(counts);
  target_ = target;
}

}  // namespace manta::ingress
