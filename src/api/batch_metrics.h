#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "api/batch_cut.h"
#include "api/batch_registry.h"
#include "api/replica_scope.h"

namespace manta::api {

// Figures of one Batcher. Made once.
struct BatchMetrics {
  BatchMetrics(const ReplicaScope& scope, const std::string& name)
      : BatchMetrics(scope.metrics, labels(scope, name), scope.batchers) {}

  void closed(std::size_t size, std::size_t limit, Duration waited, CloseReason reason) {
    count(reason);
    registry_->count_closed(api::name(reason));
    wait_ms.observe(ms(waited));
    actual_size.observe(static_cast<double>(size));
    utilization.observe(100.0 * static_cast<double>(size) / static_cast<double>(limit == 0 ? 1 : limit));
  }
  void ran(Duration took) {
    execution_ms.observe(ms(took));
    processed.add();
  }

  HistogramMetric wait_ms, execution_ms, utilization, actual_size;
  GaugeMetric queue_length;
  CounterMetric processed;

 private:
  BatchMetrics(Metrics& metrics, const Labels& with, std::shared_ptr<BatchRegistry> registry)
      : wait_ms(metrics.histogram("batch_wait_time_ms", "Time the oldest item of a batch waited.", with)),
        execution_ms(metrics.histogram("batch_execution_time_ms", "Time a batch took to run.", with)),
        utilization(metrics.histogram("batch_utilization_percent", "Items of a batch by the limit.", with,
                                      {5, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100})),
        actual_size(metrics.histogram("actual_batch_size", "Items of a batch.", with,
                                      {1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024})),
        queue_length(metrics.gauge("batch_queue_length", "Items that wait for a batch.", with)),
        processed(metrics.counter("batches_processed", "Batches run.", with)),
        metrics_(metrics),
        labels_(with),
        registry_(std::move(registry)) {}

  void count(CloseReason reason) {
    auto known = reasons_.find(reason);
    if (known == reasons_.end()) {
      Labels with = labels_;
      with["reason"] = api::name(reason);
      known =
          reasons_.emplace(reason, metrics_.counter("manta_batches_closed", "Batches closed, by reason.", with)).first;
    }
    known->second.add();
  }

  static double ms(Duration duration) { return std::chrono::duration<double, std::milli>(duration).count(); }
  static Labels labels(const ReplicaScope& scope, const std::string& name) {
    return {{"application", scope.context.application},
            {"deployment", scope.context.deployment},
            {"replica", scope.context.replica},
            {"function_name", name}};
  }

  Metrics& metrics_;
  const Labels labels_;
  const std::shared_ptr<BatchRegistry> registry_;
  std::map<CloseReason, CounterMetric> reasons_;
};

}  // namespace manta::api
