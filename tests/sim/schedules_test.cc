// Seeded random schedules of calls, cancels, timeouts, kills and drains. A failing seed is printed;
// MANTA_SIM_SEED=<seed> runs it alone, MANTA_SIM_SCHEDULES=<n> changes how many there are.
#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

#include "world.h"

namespace manta::sim {
namespace {

using std::chrono::milliseconds;

constexpr int kBlocks = 10;

std::uint64_t number_from(const char* variable, std::uint64_t otherwise) {
  const char* const text = std::getenv(variable);
  return text ? std::strtoull(text, nullptr, 10) : otherwise;
}

class Schedule {
 public:
  explicit Schedule(std::uint64_t seed) : random_(seed), callers_(1 + below(3)), world_(options(), seed) {}

  std::string run() {
    const int steps = 10 + below(40);
    for (int i = 0; i < steps; ++i) step();
    while (world_.replicas() == 0) world_.start_replica();
    world_.publish();
    if (!world_.settle()) return "calls that never end\n" + world_.faults();
    return world_.faults();
  }

 private:
  int below(int n) { return static_cast<int>(random_() % static_cast<std::uint64_t>(n)); }

  World::Options options() {
    static constexpr const char* kPolicies[] = {"power_of_two", "round_robin", "least_loaded", "consistent_hash",
                                                "locality_first"};
    World::Options options{.callers = callers_,
                           .replicas = 1 + below(3),
                           .max_ongoing = 1 + below(3),
                           .max_queued = below(3) == 0 ? below(6) : -1,
                           .policy = kPolicies[below(5)]};
    if (below(4) == 0) options.admission.max_queued_bytes = 10 + below(30);
    if (below(4) == 0) options.admission.max_queue_age_s = 0.001 * (1 + below(40));
    if (below(4) == 0) options.admission.tenant_requests_per_s = 50 + below(500);
    if (below(3) == 0)
      options.breaker = {.failure_threshold = 1 + below(2), .open_s = 0.001 * (1 + below(30)), .success_threshold = 1};
    options.breaker.max_open_percent = 50.0 * below(3);
    return options;
  }

  World::Rank rank() {
    static constexpr const char* kTenants[] = {"", "", "a", "b"};
    return {.priority = below(4) == 0 ? below(3) - 1 : 0,
            .tenant = kTenants[below(4)],
            .session = below(2) == 0 ? std::to_string(below(4)) : ""};
  }

  void call() {
    static constexpr const char* kMethods[] = {"once", "again", "plain", "throws", "stream"};
    const Duration timeout = below(3) == 0 ? milliseconds(1 + below(30)) : milliseconds(0);
    world_.call(below(callers_), kMethods[below(5)], milliseconds(below(20)), timeout, rank());
  }

  void step() {
    const int kind = below(20);
    if (kind < 11) return call();
    if (kind < 13 && world_.open_calls() > 0)
      return world_.cancel_one(static_cast<std::size_t>(below(static_cast<int>(world_.open_calls()))));
    if (kind == 13 && world_.replicas() > 0)
      return world_.kill(static_cast<std::size_t>(below(static_cast<int>(world_.replicas()))));
    if (kind == 14 && world_.replicas() > 0)
      return world_.drain(static_cast<std::size_t>(below(static_cast<int>(world_.replicas()))));
    if (kind == 15 && world_.replicas() < 3) return world_.start_replica();
    if (kind == 16) return world_.publish();
    if (kind == 17) return world_.poll();
    world_.advance(milliseconds(below(15)));
  }

  std::mt19937_64 random_;
  const int callers_;
  World world_;
};

void check(std::uint64_t seed) {
  const std::size_t before = open_descriptors();
  std::string faults = Schedule(seed).run();
  const std::size_t after = open_descriptors();
  if (before != after)
    faults += "descriptors: " + std::to_string(before) + " before, " + std::to_string(after) + " after\n";
  EXPECT_EQ(faults, "") << "seed " << seed << ": run it alone with MANTA_SIM_SEED=" << seed;
}

class SchedulesTest : public testing::TestWithParam<int> {};

TEST_P(SchedulesTest, LeaveNothingBehindAndEndEveryCallOnce) {
  if (const auto seed = number_from("MANTA_SIM_SEED", 0); seed != 0) return check(seed);
  const std::uint64_t schedules = number_from("MANTA_SIM_SCHEDULES", 10'000) / kBlocks;
  const auto first = static_cast<std::uint64_t>(GetParam()) * schedules + 1;
  for (std::uint64_t seed = first; seed < first + schedules && !HasFailure(); ++seed) check(seed);
}

INSTANTIATE_TEST_SUITE_P(Seeds, SchedulesTest, testing::Range(0, kBlocks));

}  // namespace
}  // namespace manta::sim
