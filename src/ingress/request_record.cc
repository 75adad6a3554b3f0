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
      context_(std::move(other.context_)) {}

RequestRecord::~RequestRecord() { end(499); }

void RequestRecord::end(int status) {
  RecordKeeper* keeper = std::exchange(keeper_, nullptr);
  if (!keeper) return;
  const double latency_ms = std::chrono::duration<double, std::milli>(keeper->clock.now() - started_).count();
  keeper->metrics.ongoing().add(-1);
  series_->record(verb_, status, latency_ms);
  if (keeper->access_log)
    keeper->access_log->add(exchange_->request().method, exchange_->request().target, status, latency_ms, request_id());
}

}  // namespace manta::ingress
