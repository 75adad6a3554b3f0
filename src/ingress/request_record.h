#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include <manta/detail/request_context.h>
#include <manta/error.h>

#include "base/clock.h"
#include "ingress/access_log.h"
#include "ingress/http_metrics.h"
#include "ingress/traffic_counts.h"
#include "net/exchange.h"

namespace manta::ingress {

// What records need, one per loop; outlives them. `access_log` may be null.
struct RecordKeeper {
  const Clock& clock;
  HttpMetrics& metrics;
  AccessLog* access_log;
};

// One request in the metrics and the access log, from its arrival until end() or destruction. Destroyed without end()
// it was given up because the client went away: status 499.
class RequestRecord {
 public:
  RequestRecord(RecordKeeper& keeper, RouteSeries& series, Verb verb, net::ExchangePtr exchange);
  RequestRecord(RequestRecord&& other) noexcept;
  RequestRecord& operator=(RequestRecord&&) = delete;
  ~RequestRecord();

  void end(int status);
  // The request goes to that target of a split: it counts there too, and under `series`.
  // `allowed`: the time that the client gave, if it did.
  void go_to(RouteSeries& series, std::shared_ptr<TrafficCounts> counts, std::size_t target,
             std::optional<Duration> allowed);
  // It ends by an error that is not the deployment's answer.
  void note_failure(ErrorCode code) { failure_ = code; }
  void set_context(std::shared_ptr<const RequestContext> context) { context_ = std::move(context); }
  // Empty before set_context().
  std::string_view request_id() const { return context_ ? std::string_view(context_->request_id) : std::string_view(); }

 private:
  TrafficOutcome traffic_outcome_of(int status) const;

  RecordKeeper* keeper_;  // null: ended or moved from
  RouteSeries* series_;
  Verb verb_;
  TimePoint started_;
  net::ExchangePtr exchange_;
  std::shared_ptr<const RequestContext> context_;
  std::shared_ptr<TrafficCounts> counts_;  // null: no split
  std::size_t target_ = 0;
  std::optional<Duration> allowed_;
  std::optional<ErrorCode> failure_;
};

}  // namespace manta::ingress
