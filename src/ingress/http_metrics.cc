#include "ingress/http_metrics.h"

namespace manta::ingress {

void RouteSeries::record(Verb verb, int status, double latency_ms) {
  StatusSeries& series = at(verb, status);
  series.requests.add();
  series.latency_ms.observe(latency_ms);
  if (series.errors) series.errors->add();
  if (series.deployment_errors) series.deployment_errors->add();
}

StatusSeries& RouteSeries::at(Verb verb, int status) {
  const auto key = static_cast<std::uint32_t>(status) << 8U | static_cast<std::uint32_t>(verb);
  for (const Entry& entry : entries_)
    if (entry.key == key) return *entry.series;
  entries_.push_back({key, make(verb, status)});
  return *entries_.back().series;
}

void RouteSeries::let_go() {
  entries_.clear();
  own_.reset();
}

std::unique_ptr<StatusSeries> RouteSeries::make(Verb verb, int status) {
  if (!own_) own_.emplace(metrics_.part());
  const std::string method(name(verb));
  const std::string code = std::to_string(status);
  const Labels labels{
      {"route", names_.route}, {"method", method}, {"application", names_.application}, {"status_code", code}};
  auto series = std::make_unique<StatusSeries>(StatusSeries{
      own_->counter("num_http_requests", "HTTP requests answered", labels),
      own_->histogram("http_request_latency_ms", "Time from the whole request to the end of its answer, ms", labels),
      nullptr, nullptr});
  if (status < 400) return series;
  Labels errors{{"route", names_.route}, {"error_code", code}, {"method", method}, {"application", names_.application}};
  series->errors = std::make_unique<CounterMetric>(
      own_->counter("num_http_error_requests", "HTTP requests answered with 4xx or 5xx", errors));
  if (names_.deployment.empty()) return series;
  errors["deployment"] = names_.deployment;
  series->deployment_errors = std::make_unique<CounterMetric>(own_->counter(
      "num_deployment_http_error_requests", "HTTP requests to a deployment answered with 4xx or 5xx", errors));
  return series;
}

HttpMetrics::HttpMetrics(Metrics& metrics, const std::string& node_id, const std::string& node_ip)
    : metrics_(metrics),
      ongoing_(metrics.gauge("num_ongoing_http_requests", "HTTP requests being served by this proxy",
                             {{"node_id", node_id}, {"node_ip_address", node_ip}})),
      unmatched_(metrics, {.route = "unmatched"}) {}

RouteSeries& HttpMetrics::route(const RouteSeries::Names& names) {
  Known& known = routes_[names];
  if (!known.series) known.series = std::make_unique<RouteSeries>(metrics_, names);
  known.table = table_;
  return *known.series;
}

void HttpMetrics::end_table() {
  for (const auto& [names, known] : routes_)
    if (known.table != table_) known.series->let_go();
}

RouteSeries& HttpMetrics::page(const std::string& path) {
  return pages_.try_emplace(path, metrics_, RouteSeries::Names{.route = path}).first->second;
}

}  // namespace manta::ingress
