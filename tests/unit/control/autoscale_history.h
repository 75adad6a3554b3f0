#pragma once
// The random histories whose decisions by Ray Serve are in tests/data/autoscale/ray_decisions.txt, made as
// make_tables.py beside that file makes them.

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "control/autoscale.h"
#include "control/autoscale_total.h"

namespace manta::control {

class HistoryRng {
 public:
  explicit HistoryRng(std::uint64_t seed) : state_(seed) {}
  int below(int n) {
    std::uint64_t z = state_ += 0x9E3779B97F4A7C15;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
    return static_cast<int>((z ^ (z >> 31)) % static_cast<std::uint64_t>(n));
  }

 private:
  std::uint64_t state_;
};

inline AutoscalingConfig draw_config(HistoryRng& rng) {
  AutoscalingConfig config{.min_replicas = rng.below(4)};
  config.max_replicas = std::max(1, config.min_replicas + rng.below(9));
  config.target_ongoing_requests = (1 + rng.below(60)) / 10.0;
  config.upscaling_factor = rng.below(2) == 0 ? 1.0 : (1 + rng.below(30)) / 10.0;
  config.downscaling_factor = rng.below(2) == 0 ? 1.0 : (1 + rng.below(20)) / 10.0;
  config.upscale_delay_s = rng.below(3) == 0 ? 0.0 : rng.below(80) / 10.0;
  config.downscale_delay_s = rng.below(3) == 0 ? 0.0 : rng.below(80) / 10.0;
  if (rng.below(3) == 0) config.downscale_to_zero_delay_s = rng.below(80) / 10.0;
  constexpr const char* kNames[] = {"mean", "mean", "max", "min"};
  config.aggregation_function = kNames[rng.below(4)];
  if (rng.below(3) == 0)
    config.initial_replicas = config.min_replicas + rng.below(config.max_replicas - config.min_replicas + 1);
  config.look_back_period_s = (10 + rng.below(40)) / 10.0;
  return config;
}

inline std::optional<double> draw_capacity(HistoryRng& rng) {
  const int kind = rng.below(10);
  if (kind < 6) return std::nullopt;
  const double other = rng.below(1001) / 10.0;
  return kind == 6 ? 0.0 : kind == 7 ? 100.0 : other;
}

class History {
 public:
  explicit History(std::uint64_t number) : rng_(number), config(draw_config(rng_)) {
    const auto capacity = draw_capacity(rng_);
    const bool growing = rng_.below(2) == 0;
    gang_size_ = rng_.below(8) == 0 ? 2 + rng_.below(2) : 1;
    now_ = 1.7e9 + rng_.below(1000000) / 1000.0;
    bounds_ = replica_bounds(config, capacity, growing);
    const int present = rng_.below(6);
    target = bounds_.clip(config.initial_replicas.value_or(present));
    replicas_.resize(static_cast<std::size_t>(target));
    handles_.resize(static_cast<std::size_t>(1 + rng_.below(3)));
    ticks = 10 + rng_.below(15);
  }

  // One evaluation: returns the total, `target` is what has been decided.
  double tick() {
    const double before = now_;
    now_ += (1 + rng_.below(400)) / 100.0;
    if (rng_.below(2) == 0) now_ += rng_.below(1000) / 100000.0;
    follow();
    load(before);
    std::vector<LoadPoints> series = replicas_;
    series.insert(series.end(), handles_.begin(), handles_.end());
    const double total = total_requests(series, aggregation_named(config.aggregation_function), now_);
    const AutoscaleInput input{
        .now_s = now_,
        .load = {.total = total, .running = static_cast<int>(replicas_.size()), .target = target},
        .bounds = bounds_,
        .gang_size = gang_size_,
        .delay = delay_,
        .steps = {}};
    note_border(input.load);
    const AutoscaleDecision decision = decide(input, config, default_policy);
    delay_ = decision.delay;
    target = decision.num_replicas;
    return total;
  }

 private:
  // Ray takes 19 / 3.8 = 5.000000000000001 for more than 5.
  void note_border(const AutoscaleLoad& load) {
    if (load.running == 0) return;
    const double wish = default_policy(load, config), difference = wish - load.running;
    const double factor = difference > 0 ? config.upscaling_factor : config.downscaling_factor;
    for (const double number : {wish, load.running + factor * difference})
      if (std::ceil(number) != std::round(number) && std::abs(number - std::round(number)) < 1e-8) at_border = true;
  }

  void follow() {
    const int move = rng_.below(3), present = static_cast<int>(replicas_.size());
    int goal = move == 2 ? target : present;
    if (move == 1 && target != present) goal += target > present ? 1 : -1;
    replicas_.resize(static_cast<std::size_t>(goal));
  }

  void add_points(LoadPoints& points, double before, int level, bool sometimes_none) {
    const int count = rng_.below(3);
    for (int i = 0; i < count; ++i) {
      const int value = sometimes_none && rng_.below(2) == 0 ? 0 : rng_.below(level + 1);
      points.push_back({before + (now_ - before) * (i + 1) / (count + 1), static_cast<double>(value)});
    }
  }

  void load(double before) {
    const int level = rng_.below(4) == 0 ? 0 : rng_.below(16);
    for (LoadPoints& points : replicas_) add_points(points, before, level, false);
    for (LoadPoints& points : handles_) add_points(points, before, level, true);
    const auto old = [&](const LoadPoint& point) { return point.at_s < now_ - config.look_back_period_s; };
    for (LoadPoints& points : replicas_) std::erase_if(points, old);
    for (LoadPoints& points : handles_) std::erase_if(points, old);
  }

  HistoryRng rng_;

 public:
  AutoscalingConfig config;
  int target = 0, ticks = 0;
  bool at_border = false;  // a wish was whole but for the noise of floating point, and a little above

 private:
  ReplicaBounds bounds_;
  int gang_size_ = 1;
  double now_ = 0;
  DelayState delay_;
  std::vector<LoadPoints> replicas_, handles_;
};

}  // namespace manta::control
