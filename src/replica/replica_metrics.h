#pragma once

#include <map>
#include <string>
#include <utility>

#include "base/metrics.h"

namespace manta::replica {

// The series of one replica; those of a route are made at its first request.
class ReplicaMetrics {
 public:
  struct Route {
    CounterMetric requests;
    HistogramMetric latency_ms;
  };

  ReplicaMetrics(Metrics& metrics, Labels labels);

  // Beyond kMaxRoutes all others share the series of the empty route.
  Route& route(const std::string& route);
  void answered(const std::string& route, double latency_ms);
  void count_error(const std::string& route, const std::string& type);  // name of an ErrorCode
  // Sets what is computed for a scrape: the part of max_ongoing_requests in use now, and the longest latency since the
  // scrape before.
  void refresh(int ongoing_now, int max_ongoing);

  GaugeMetric ongoing, abandoned_now;
  CounterMetric abandoned, refused;
  HistogramMetric health_check_ms;

 private:
  static constexpr std::size_t kMaxRoutes = 64;
  using Routes = std::map<std::string, Route>;
  Routes::iterator find(const std::string& route);
  Labels with(const std::string& key, const std::string& value) const;

  Metrics& metrics_;
  const Labels labels_;
  GaugeMetric utilization_, max_latency_;
  double longest_ms_ = 0;
  Routes routes_;
  Routes::value_type* last_ = nullptr;  // of the last request: most have the same route
  std::map<std::pair<std::string, std::string>, CounterMetric> errors_;  // by route and type
};

}  // namespace manta::replica
