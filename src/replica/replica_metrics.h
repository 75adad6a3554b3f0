#pragma once

#include <map>
#include <string>

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
  void count_error(const std::string& type);  // name of an ErrorCode

  GaugeMetric ongoing, abandoned_now;
  CounterMetric abandoned, refused;

 private:
  static constexpr std::size_t kMaxRoutes = 64;
  Labels with(const std::string& key, const std::string& value) const;

  Metrics& metrics_;
  const Labels labels_;
  std::map<std::string, Route> routes_;
  std::map<std::string, CounterMetric> errors_;  // by type
};

}  // namespace manta::replica
