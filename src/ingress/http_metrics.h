#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
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

// Figures of one route; series are looked up in the registry once, then found here, until they are let go. Lives as
// long as its HttpMetrics.
class RouteSeries {
 public:
  struct Names {
    std::string route, application, deployment;
    auto operator<=>(const Names&) const = default;
  };

  RouteSeries(Metrics& metrics, Names names) : metrics_(metrics), names_(std::move(names)) {}
  void record(Verb verb, int status, double latency_ms);
  // The route has gone: its series do, unless another loop still has it. What is recorded later makes them anew.
  void let_go();

 private:
  struct Entry {
    std::uint32_t key;
    std::unique_ptr<StatusSeries> series;
  };
  StatusSeries& at(Verb verb, int status);
  std::unique_ptr<StatusSeries> make(Verb verb, int status);

  Metrics& metrics_;
  Names names_;
  std::optional<Metrics> own_;  // what `entries_` are made through
  std::vector<Entry> entries_;  // few: searched from the front
};

// HTTP metrics of one loop. The labels come from the route table and from what the proxy answers itself, never from a
// client: paths without a route share one series.
class HttpMetrics {
 public:
  HttpMetrics(Metrics& metrics, const std::string& node_id, const std::string& node_ip);

  // Between begin_table() and end_table() all routes that there are now are asked for; those that are not let go of
  // their series.
  void begin_table() { ++table_; }
  RouteSeries& route(const RouteSeries::Names& names);
  void end_table();
  RouteSeries& page(const std::string& path);
  RouteSeries& unmatched() { return unmatched_; }
  GaugeMetric& ongoing() { return ongoing_; }

 private:
  struct Known {
    std::unique_ptr<RouteSeries> series;
    std::uint64_t table = 0;  // the last one that it was in
  };

  Metrics& metrics_;
  GaugeMetric ongoing_;
  std::uint64_t table_ = 0;
  std::map<RouteSeries::Names, Known> routes_;
  std::map<std::string, RouteSeries> pages_;  // by path
  RouteSeries unmatched_;
};

}  // namespace manta::ingress
