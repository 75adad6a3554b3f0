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

// The metrics of one process, or a part of them. A series is made at its first use: look it up once and keep the
// handle, never per request. Names are given without the `ray_serve_` prefix that every one has on the wire; names of
// our own start with `manta_` and are kept as they are. Series that the whole has made live as long as it. Thread-safe,
// but for one part by itself.
class Metrics {
 public:
  Metrics();
  ~Metrics();
  Metrics(Metrics&&) noexcept;
  Metrics& operator=(Metrics&&) = delete;

  // For what comes and goes, as replicas do: the series that are made through it are in the whole, and leave that
  // when it ends, unless the whole or another part has made the same ones. May outlive the whole.
  Metrics part();

  // Throws std::invalid_argument if the name is one of another kind of metric.
  CounterMetric counter(std::string_view name, std::string_view help, const Labels& labels);
  GaugeMetric gauge(std::string_view name, std::string_view help, const Labels& labels);
  HistogramMetric histogram(std::string_view name, std::string_view help, const Labels& labels,
                            const std::vector<double>& buckets = latency_buckets_ms());
  // Prometheus text exposition format 0.0.4; of a part too it is that of the whole.
  std::string text() const;

 private:
  struct Registry;
  struct Share;

  Metrics(std::shared_ptr<Registry> registry, bool is_part);
  template <class Kind, class... Args>
  Kind* series(std::string_view name, std::string_view help, const Labels& labels, const Args&... args);

  std::shared_ptr<Registry> registry_;
  bool is_part_ = false;
  std::vector<Share> shares_;  // of a part
};

// Joins expositions of several processes into one valid exposition: each family's header once, its samples together.
std::string merge_metrics(const std::vector<std::string>& texts);

}  // namespace manta
