#include "base/metrics.h"

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <sstream>

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

Metrics::Metrics() : registry_(std::make_shared<prometheus::Registry>(prometheus::Registry::InsertBehavior::Merge)) {}
Metrics::~Metrics() = default;

CounterMetric Metrics::counter(std::string_view name, std::string_view help, const Labels& labels) {
  auto& family = prometheus::BuildCounter().Name(wire_name(name)).Help(std::string(help)).Register(*registry_);
  return CounterMetric(&family.Add(labels));
}

GaugeMetric Metrics::gauge(std::string_view name, std::string_view help, const Labels& labels) {
  auto& family = prometheus::BuildGauge().Name(wire_name(name)).Help(std::string(help)).Register(*registry_);
  return GaugeMetric(&family.Add(labels));
}

HistogramMetric Metrics::histogram(std::string_view name, std::string_view help, const Labels& labels,
                                   const std::vector<double>& buckets) {
  auto& family = prometheus::BuildHistogram().Name(wire_name(name)).Help(std::string(help)).Register(*registry_);
  return HistogramMetric(&family.Add(labels, buckets));
}

std::string Metrics::text() const { return prometheus::TextSerializer().Serialize(registry_->Collect()); }

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
