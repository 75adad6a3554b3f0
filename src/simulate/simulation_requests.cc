// Simulation: the requests that come from outside.
#include <algorithm>
#include <utility>

#include "base/of_seconds.h"
#include "simulate/destinations.h"
#include "simulate/simulation.h"

namespace manta::simulate {

void Simulation::send_next() {
  const auto next = arrivals_.next(random_);
  if (!next || next->at_s > options_.duration_s) return;
  loop_.at(begin_ + of_seconds(next->at_s), [this, name = next->deployment] {
    if (!sending_) return;
    send(name);
    send_next();
  });
}

void Simulation::send(const std::string& name) {
  const auto caller = static_cast<std::size_t>(below(random_, callers_.size()));
  const bool may_run_twice = unit(random_) < options_.idempotent_share;
  requests_.spawn(request(caller, this->destination(name), CallTerms{.may_run_twice = may_run_twice}));
}

Task<void> Simulation::request(std::size_t caller, control::DeploymentKey key, CallTerms terms) {
  const TimePoint sent = loop_.now();
  const std::string application = key.application;
  auto calling = callers_[caller]->call(std::move(key), terms);
  const Result<void> result = co_await calling;
  recorder_.ended(application, loop_.now() - sent, result.has_value());
}

void Simulation::record_next() {
  const double step_s = options_.step_s > 0 ? options_.step_s : options_.duration_s / 20;
  loop_.after(of_seconds(step_s), [this] {
    if (!sending_) return;
    recorder_.add_rows();
    record_next();
  });
}

const control::DeploymentKey& Simulation::destination(const std::string& name) {
  auto known = destinations_.find(name);
  if (known == destinations_.end()) known = destinations_.emplace(name, *destination_of(options_, name)).first;
  return known->second;
}

}  // namespace manta::simulate
