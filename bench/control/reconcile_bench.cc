// What one turn of the controller's decision costs. Bar: 10 ms at 4,096 replicas; 50,000 are on 10,000 nodes.
#include <benchmark/benchmark.h>

#include <cstdint>
#include <string>

#include "control/reconcile.h"

namespace manta::control {
namespace {

constexpr int kReplicasOfOne = 16;
constexpr TimePoint kNow{std::chrono::hours(1)};

// `replicas` of deployments of 16 each, on nodes that hold 64 each, from 50,000 on 5 each; every `old_every`-th replica
// has the old version.
ClusterView view_of(std::int64_t replicas, std::int64_t old_every) {
  ClusterView view{.now = kNow};
  const std::int64_t of_a_node = replicas < 50'000 ? 64 : 5;
  for (std::int64_t node = 0; node * of_a_node < replicas; ++node)
    view.nodes.push_back({.node_id = "node-" + std::to_string(node), .total = {.num_cpus = 80, .num_gpus = 8}});
  for (std::int64_t i = 0; i < replicas; ++i) {
    const DeploymentKey key{"application", "Deployment" + std::to_string(i / kReplicasOfOne)};
    if (i % kReplicasOfOne == 0)
      view.deployments.push_back({.key = key, .version = "new", .num_replicas = kReplicasOfOne});
    view.replicas.push_back({.id = "application#" + key.deployment + "#" + std::to_string(i),
                             .key = key,
                             .version = old_every > 0 && i % old_every == 0 ? "old" : "new",
                             .phase = ReplicaPhase::Running,
                             .node_id = "node-" + std::to_string(i / of_a_node),
                             .resources = {.num_cpus = 1},
                             .since = kNow});
  }
  return view;
}

void BM_ReconcileAtTheTarget(benchmark::State& state) {
  const ClusterView view = view_of(state.range(0), 0);
  for (auto _ : state) benchmark::DoNotOptimize(reconcile(view));
}
BENCHMARK(BM_ReconcileAtTheTarget)->Arg(64)->Arg(4096)->Arg(50'000)->Unit(benchmark::kMillisecond);

// Each deployment is in a rollout.
void BM_ReconcileInARollout(benchmark::State& state) {
  const ClusterView view = view_of(state.range(0), 4);
  for (auto _ : state) benchmark::DoNotOptimize(reconcile(view));
}
BENCHMARK(BM_ReconcileInARollout)->Arg(64)->Arg(4096)->Arg(50'000)->Unit(benchmark::kMillisecond);

// Nothing runs yet: every replica is placed.
void BM_ReconcileFromNothing(benchmark::State& state) {
  ClusterView view = view_of(state.range(0), 0);
  view.replicas.clear();
  for (auto _ : state) benchmark::DoNotOptimize(reconcile(view));
}
BENCHMARK(BM_ReconcileFromNothing)->Arg(64)->Arg(4096)->Arg(50'000)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace manta::control
