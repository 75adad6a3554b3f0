#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace prometheus {
class Counter;
class Gauge;
class Histogram;
class Registry;
}  // namespace prometheus

namespace manta {

using Labels = std::map<std::string, std::string>;

// Thread-safe handles to one time series each; cheap to copy, valid as long as their Metrics.
class CounterMetric {
 public:
  void add(double by = 1);

 private:
  friend class Metrics;
  explicit CounterMetric(prometheus::Counter* counter) : counter_(counter) {}
  prometheus::Counter* counter_;
};

class GaugeMetric {
 public:
  void set(double value);
  void add(double by);

 private:
  friend class Metrics;
  explicit GaugeMetric(prometheus::Gauge* gauge) : gauge_(gauge) {}
  prometheus::Gauge* gauge_;
};

class HistogramMetric {
 public:
  void observe(double value);

 private:
  friend class Metrics;
  explicit HistogramMetric(prometheus::Histogram* histogram) : histogram_(histogram) {}
  prometheus::Histogram* histogram_;
};

// Milliseconds: 0.05 to 600,000.
const std::vector<double>& latency_buckets_ms();

// The metrics of one process. A series is made at its first use and lives as long as the registry: look it up once and
// keep the handle, never per request. Names are given without the `ray_serve_` prefix that every one has on the wire;
// names of our own start with `manta_` and are kept as they are.
class Metrics {
 public:
  Metrics();
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  CounterMetric counter(std::string_view name, std::string_view help, const Labels& labels);
  GaugeMetric gauge(std::string_view name, std::string_view help, const Labels& labels);
  HistogramMetric histogram(std::string_view name, std::string_view help, const Labels& labels,
                            const std::vector<double>& buckets = latency_buckets_ms());
  // Prometheus text exposition format 0.0.4.
  std::string text() const;

 private:
  std::shared_ptr<prometheus::Registry> registry_;
};

// Joins expositions of several processes into one valid exposition: each family's header once, its samples together.
std::string merge_metrics(const std::vector<std::string>& texts);

}  // namespace manta
