#include "base/metrics.h"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <mutex>
#include <sstream>
#include <stdexcept>
#include <utility>
#include <variant>

namespace manta {
namespace {

// Names of our own and those of vLLM, for which dashboards exist, are kept.
std::string wire_name(std::string_view name) {
  if (name.starts_with("manta_") || name.starts_with("vllm:")) return std::string(name);
  return "ray_serve_" + std::string(name);
}

struct FamilyText {
  std::string header;
  std::string samples;
};

// "name_bucket{...} 1" belongs to family "name": the header lines that precede it say which.
std::string_view word(std::string_view line, std::size_t index) {
  for (std::size_t i = 0;; ++i) {
    const auto end = line.find(' ');
    if (i == index) return line.substr(0, end);
    if (end == std::string_view::npos) return {};
    line.remove_prefix(end + 1);
  }
}

}  // namespace

void CounterMetric::add(double by) { counter_->Increment(by); }
void GaugeMetric::set(double value) { gauge_->Set(value); }
void GaugeMetric::add(double by) { gauge_->Increment(by); }
void HistogramMetric::observe(double value) { histogram_->Observe(value); }

const std::vector<double>& latency_buckets_ms() {
  static const std::vector<double> buckets{0.05, 0.1, 0.2, 0.5,  1,    2,    5,     10,    20,     50,     100,   200,
                                           300,  400, 500, 1000, 2000, 5000, 10000, 60000, 120000, 300000, 600000};
  return buckets;
}

// Families stay once they are known; series stay while somebody has a share in them.
struct Metrics::Registry {
  struct Series {
    std::variant<std::unique_ptr<prometheus::Counter>, std::unique_ptr<prometheus::Gauge>,
                 std::unique_ptr<prometheus::Histogram>>
        metric;
    std::size_t parts = 0;  // that have made it
    bool of_whole = false;
  };
  struct Family {
    std::string help;
    prometheus::MetricType type;
    std::map<Labels, Series> series = {};
  };

  std::mutex mutex;  // guards all below
  std::map<std::string, Family> families;
};

struct Metrics::Share {
  Registry::Family* family;
  std::map<Labels, Registry::Series>::iterator series;
};

namespace {

prometheus::ClientMetric sample(const Labels& labels, const auto& series) {
  auto sample = std::visit([](const auto& metric) { return metric->Collect(); }, series.metric);
  for (const auto& [name, value] : labels) sample.label.push_back({name, value});
  return sample;
}

}  // namespace

Metrics::Metrics() : Metrics(std::make_shared<Registry>(), false) {}
Metrics::Metrics(std::shared_ptr<Registry> registry, bool is_part)
    : registry_(std::move(registry)), is_part_(is_part) {}
Metrics::Metrics(Metrics&&) noexcept = default;

Metrics::~Metrics() {
  if (shares_.empty()) return;
  const std::lock_guard lock(registry_->mutex);
  for (const auto& [family, series] : shares_)
    if (--series->second.parts == 0 && !series->second.of_whole) family->series.erase(series);
}

Metrics Metrics::part() { return {registry_, true}; }

template <class Kind, class... Args>
Kind* Metrics::series(std::string_view name, std::string_view help, const Labels& labels, const Args&... args) {
  const std::lock_guard lock(registry_->mutex);
  auto& family =
      registry_->families.try_emplace(wire_name(name), Registry::Family{std::string(help), Kind::metric_type})
          .first->second;
  if (family.type != Kind::metric_type) throw std::invalid_argument(std::string(name) + " is another kind of metric");
  const auto [series, is_new] = family.series.try_emplace(labels);
  if (is_new) series->second.metric = std::make_unique<Kind>(args...);
  if (!is_part_) {
    series->second.of_whole = true;
  } else if (std::ranges::find(shares_, series, &Share::series) == shares_.end()) {
    ++series->second.parts;
    shares_.push_back({&family, series});
  }
  return std::get<std::unique_ptr<Kind>>(series->second.metric).get();
}

CounterMetric Metrics::counter(std::string_view name, std::string_view help, const Labels& labels) {
  return CounterMetric(series<prometheus::Counter>(name, help, labels));
}

GaugeMetric Metrics::gauge(std::string_view name, std::string_view help, const Labels& labels) {
  return GaugeMetric(series<prometheus::Gauge>(name, help, labels));
}

HistogramMetric Metrics::histogram(std::string_view name, std::string_view help, const Labels& labels,
                                   const std::vector<double>& buckets) {
  return HistogramMetric(series<prometheus::Histogram>(name, help, labels, buckets));
}

std::string Metrics::text() const {
  std::vector<prometheus::MetricFamily> families;
  {
    const std::lock_guard lock(registry_->mutex);
    for (const auto& [name, family] : registry_->families) {
      if (family.series.empty()) continue;
      auto& shown = families.emplace_back(name, family.help, family.type);
      shown.metric.reserve(family.series.size());
      for (const auto& [labels, series] : family.series) shown.metric.push_back(sample(labels, series));
    }
  }
  return prometheus::TextSerializer().Serialize(families);
}

std::string merge_metrics(const std::vector<std::string>& texts) {
  std::map<std::string, FamilyText> families;
  for (const std::string& text : texts) {
    std::istringstream lines(text);
    FamilyText* family = nullptr;
    bool new_family = false;
    for (std::string line; std::getline(lines, line);) {
      if (line.starts_with("# HELP ")) {
        const auto [entry, inserted] = families.try_emplace(std::string(word(line, 2)));
        family = &entry->second;
        new_family = inserted;
      }
      if (!family) continue;
      if (line.starts_with('#')) {
        if (new_family) family->header += line + '\n';
      } else {
        family->samples += line + '\n';
      }
    }
  }
  std::string merged;
  for (const auto& [name, family] : families) merged += family.header + family.samples;
  return merged;
}

}  // namespace manta
