// What one routing decision costs. Bar: 1 us at 1,000 replicas.
#include <benchmark/benchmark.h>

#include <memory>

#include "routing/policies/policy_list.h"
#include "routing/replica_slots.h"

namespace manta::routing {
namespace {

constexpr TimePoint kNow{std::chrono::hours(1)};

void fill(ReplicaSlots& slots, int replicas) {
  for (int i = 0; i < replicas; ++i) {
    auto slot = std::make_shared<ReplicaSlot>();
    slot->key = static_cast<ReplicaKey>(i) + 1;
    slot->address.max_ongoing_requests = 5;
    slots.set_connected(slots.add(std::move(slot)), true);
  }
}

// A request is placed and another one ends, with about half of the places taken.
void BM_PickTakeRelease(benchmark::State& state) {
  ReplicaSlots slots;
  fill(slots, static_cast<int>(state.range(0)));
  Policy policy = std::move(*make_policy("power_of_two"));
  Rng rng(1);
  std::vector<std::shared_ptr<ReplicaSlot>> running(static_cast<std::size_t>(state.range(0)) * 5 / 2);
  std::size_t at = 0;
  for (auto _ : state) {
    auto slot = slots.pick(policy, {.now = kNow}, {}, 1, rng);
    slots.take(*slot, 0);
    if (running[at]) slots.release(*running[at]);
    running[at] = std::move(slot);
    at = at + 1 == running.size() ? 0 : at + 1;
  }
}
BENCHMARK(BM_PickTakeRelease)->Arg(2)->Arg(10)->Arg(100)->Arg(1000)->Arg(50'000);

// The worst case: every replica seems full, so that the whole set is looked through.
void BM_PickWhereAllSeemFull(benchmark::State& state) {
  ReplicaSlots slots;
  fill(slots, static_cast<int>(state.range(0)));
  for (const auto& slot : slots.all()) slots.reported(*slot, 10, kNow);
  Policy policy = std::move(*make_policy("power_of_two"));
  Rng rng(1);
  for (auto _ : state) benchmark::DoNotOptimize(slots.pick(policy, {.now = kNow}, {}, 1, rng));
}
BENCHMARK(BM_PickWhereAllSeemFull)->Arg(1000)->Arg(50'000);

}  // namespace
}  // namespace manta::routing
