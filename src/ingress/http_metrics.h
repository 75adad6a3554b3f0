#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/metrics.h"
#include "ingress/verb.h"

namespace manta::ingress {

// The series of one (route, HTTP method, status).
struct StatusSeries {
  CounterMetric requests;
  HistogramMetric latency_ms;
  // Null below 400. `deployment_errors` is null as well when the request reached no deployment.
  std::unique_ptr<CounterMetric> errors;
  std::unique_ptr<CounterMetric> deployment_errors;
};

// Figures of one route; series are looked up in the registry once, then found here. Lives as long as its HttpMetrics.
class RouteSeries {
 public:
  struct Names {
    std::string route, application, deployment;
    auto operator<=>(const Names&) const = default;
  };

  RouteSeries(Metrics& metrics, Names names) : metrics_(metrics), names_(std::move(names)) {}
  void record(Verb verb, int status, double latency_ms);

 private:
  struct Entry {
    std::uint32_t key;
    std::unique_ptr<StatusSeries> series;
  };
  StatusSeries& at(Verb verb, int status);
  std::unique_ptr<StatusSeries> make(Verb verb, int status) const;

  Metrics& metrics_;
  Names names_;
  std::vector<Entry> entries_;  // few: searched from the front
};

// HTTP metrics of one loop. The labels come from the route table and from what the proxy answers itself, never from a
// client: paths without a route share one series.
class HttpMetrics {
 public:
  HttpMetrics(Metrics& metrics, const std::string& node_id, const std::string& node_ip);

  RouteSeries& route(const RouteSeries::Names& names);
  RouteSeries& unmatched() { return unmatched_; }
  GaugeMetric& ongoing() { return ongoing_; }

 private:
  Metrics& metrics_;
  GaugeMetric ongoing_;
  std::map<RouteSeries::Names, std::unique_ptr<RouteSeries>> routes_;
  RouteSeries& unmatched_;
};

}  // namespace manta::ingress
