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
      failure_(other.failure_) {}

RequestRecord::~RequestRecord() { end(499); }

void RequestRecord::end(int status) {
  RecordKeeper* keeper = std::exchange(keeper_, nullptr);
  if (!keeper) return;
  const double latency_ms = std::chrono::duration<double, std::milli>(keeper->clock.now() - started_).count();
  keeper->metrics.ongoing().add(-1);
  series_->record(verb_, status, latency_ms);
  if (counts_) counts_->count(target_, traffic_outcome(status, failure_), latency_ms);
  if (keeper->access_log)
    keeper->access_log->add({.verb = exchange_->request().method,
                             .path = exchange_->request().target,
                             .status = status,
                             .milliseconds = latency_ms,
                             .request_id = request_id(),
                             .route = context_ ? std::string_view(context_->route) : std::string_view(),
                             .application = context_ ? std::string_view(context_->application) : std::string_view()});
}

void RequestRecord::go_to(RouteSeries& series, std::shared_ptr<TrafficCounts> counts, std::size_t target) {
  series_ = &series;
  counts_ = std::move(counts);
  target_ = target;
}

}  // namespace manta::ingress
