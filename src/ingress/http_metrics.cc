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

std::unique_ptr<StatusSeries> RouteSeries::make(Verb verb, int status) const {
  const std::string method(name(verb));
  const std::string code = std::to_string(status);
  const Labels labels{
      {"route", names_.route}, {"method", method}, {"application", names_.application}, {"status_code", code}};
  auto series = std::make_unique<StatusSeries>(StatusSeries{
      metrics_.counter("num_http_requests", "HTTP requests answered", labels),
      metrics_.histogram("http_request_latency_ms", "Time from the whole request to the end of its answer, ms", labels),
      nullptr, nullptr});
  if (status < 400) return series;
  Labels errors{{"route", names_.route}, {"error_code", code}, {"method", method}, {"application", names_.application}};
  series->errors = std::make_unique<CounterMetric>(
      metrics_.counter("num_http_error_requests", "HTTP requests answered with 4xx or 5xx", errors));
  if (names_.deployment.empty()) return series;
  errors["deployment"] = names_.deployment;
  series->deployment_errors = std::make_unique<CounterMetric>(metrics_.counter(
      "num_deployment_http_error_requests", "HTTP requests to a deployment answered with 4xx or 5xx", errors));
  return series;
}

HttpMetrics::HttpMetrics(Metrics& metrics, const std::string& node_id, const std::string& node_ip)
    : metrics_(metrics),
      ongoing_(metrics.gauge("num_ongoing_http_requests", "HTTP requests being served by this proxy",
                             {{"node_id", node_id}, {"node_ip_address", node_ip}})),
      unmatched_(route({.route = "unmatched"})) {}

RouteSeries& HttpMetrics::route(const RouteSeries::Names& names) {
  auto& series = routes_[names];
  if (!series) series = std::make_unique<RouteSeries>(metrics_, names);
  return *series;
}

}  // namespace manta::ingress
