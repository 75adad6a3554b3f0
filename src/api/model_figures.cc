#include <manta/detail/model_figures.h>

#include <map>

#include "api/replica_scope.h"
#include "base/metrics.h"

namespace manta::detail {
namespace {

// A replica may see any number of models; those beyond so many have no series of their own.
constexpr std::size_t kMaxNamedModels = 100;

double in_ms(std::chrono::steady_clock::duration time) {
  return std::chrono::duration<double, std::milli>(time).count();
}

}  // namespace

struct ModelFigures::Series {
  Series(Metrics& all, Labels labels_of_replica)
      : metrics(all),
        labels(std::move(labels_of_replica)),
        requests(all.counter("multiplexed_get_model_requests_counter", "Requests for a model.", labels)),
        loads(all.counter("multiplexed_models_load_counter", "Models that were loaded.", labels)),
        unloads(all.counter("multiplexed_models_unload_counter", "Models that had to leave.", labels)),
        number(all.gauge("num_multiplexed_models", "Models that are loaded.", labels)),
        load_ms(all.histogram("multiplexed_model_load_latency_ms", "How long loading a model took.", labels)),
        unload_ms(all.histogram("multiplexed_model_unload_latency_ms", "How long unloading a model took.", labels)) {}

  void set_registered(const std::string& model_id, bool is_loaded) {
    auto known = registered.find(model_id);
    if (known == registered.end()) {
      if (registered.size() >= kMaxNamedModels) return;
      Labels with = labels;
      with["model_id"] = model_id;
      known = registered
                  .emplace(model_id, metrics.gauge("registered_multiplexed_model_id",
                                                   "1 while the replica has the model loaded.", with))
                  .first;
    }
    known->second.set(is_loaded ? 1 : 0);
  }

  Metrics& metrics;
  const Labels labels;
  CounterMetric requests, loads, unloads;
  GaugeMetric number;
  HistogramMetric load_ms, unload_ms;
  std::map<std::string, GaugeMetric> registered;  // by model id
};

ModelFigures::ModelFigures() {
  const api::ReplicaScope* replica = api::current_replica();
  if (!replica) return;
  series_ = std::make_unique<Series>(replica->metrics, Labels{{"application", replica->context.application},
                                                              {"deployment", replica->context.deployment},
                                                              {"replica", replica->context.replica}});
}

ModelFigures::~ModelFigures() = default;

void ModelFigures::requested() {
  if (series_) series_->requests.add();
}

void ModelFigures::loaded(const std::string& model_id, std::size_t number) {
  if (!series_) return;
  series_->loads.add();
  series_->number.set(static_cast<double>(number));
  series_->set_registered(model_id, true);
}

void ModelFigures::left(const std::string& model_id, std::size_t number) {
  if (!series_) return;
  series_->unloads.add();
  series_->number.set(static_cast<double>(number));
  series_->set_registered(model_id, false);
}

void ModelFigures::load_took(std::chrono::steady_clock::duration time) {
  if (series_) series_->load_ms.observe(in_ms(time));
}

void ModelFigures::unload_took(std::chrono::steady_clock::duration time) {
  if (series_) series_->unload_ms.observe(in_ms(time));
}

}  // namespace manta::detail
