#pragma once

#include <cstdint>
#include <deque>
#include <string>

#include <boost/describe/class.hpp>

#include "base/clock.h"
#include "base/metrics.h"

namespace manta::control {

// The last values of something that is measured again and again.
struct ValueStats {
  std::uint64_t count = 0;  // since the controller started; the rest is of the last ones
  double mean = 0, std = 0, min = 0, max = 0, p50 = 0, p99 = 0, last = 0;
};
BOOST_DESCRIBE_STRUCT(ValueStats, (), (count, mean, std, min, max, p50, p99, last))

// `manta controller-health`: how the controller's loop does. Names are Ray Serve's where it has the thing.
struct ControllerHealth {
  double timestamp = 0, controller_start_time = 0, uptime_s = 0;
  std::uint64_t num_control_loops = 0;
  double loops_per_second = 0;
  ValueStats loop_duration_s;                     // a whole turn
  ValueStats event_loop_delay_s;                  // from the wish for a turn to its beginning: how busy the loop is
  ValueStats reconcile_duration_s;                // deciding
  ValueStats deployment_state_update_duration_s;  // acting on it, storing and publishing
  ValueStats replica_metrics_delay_ms, handle_metrics_delay_ms;  // from the report of a load to its receipt
  std::uint64_t num_tasks = 0;                                   // coroutines under way: starts, stops, deploys
  std::uint64_t num_applications = 0, num_deployments = 0, num_replicas = 0;
  std::uint64_t num_subscribers = 0;  // proxies and replicas that follow the routes
  std::int64_t last_event_id = 0;
  double process_memory_mb = 0;
};
BOOST_DESCRIBE_STRUCT(ControllerHealth, (),
                      (timestamp, controller_start_time, uptime_s, num_control_loops, loops_per_second, loop_duration_s,
                       event_loop_delay_s, reconcile_duration_s, deployment_state_update_duration_s,
                       replica_metrics_delay_ms, handle_metrics_delay_ms, num_tasks, num_applications, num_deployments,
                       num_replicas, num_subscribers, last_event_id, process_memory_mb))

// A bounded memory of measured values.
class ValueWindow {
 public:
  static constexpr std::size_t kKept = 1000;
  void add(double value);
  ValueStats stats() const;

 private:
  std::deque<double> values_;
  std::uint64_t count_ = 0;
};

// When a turn was asked for, and how it went on.
struct TurnTimes {
  TimePoint wanted, begun, deciding, decided, ended;
};

// What the controller measures of itself. Loop-confined.
struct ControllerFigures {
  void turn(const TurnTimes& times);

  ValueWindow loop_s, delay_s, reconcile_s, update_s, replica_delay_ms, handle_delay_ms;
  TimePoint wanted_at{};  // the next turn
  double started_s = 0;   // Unix time
  TimePoint started_at{};

  std::string text() const;  // Prometheus
};

// Of this process; 0 where the system does not tell.
double process_memory_mb();

}  // namespace manta::control
