#include "replica/dedicated_threads.h"

namespace manta::replica {

Compute& DedicatedThreads::of(std::string_view method, int threads) {
  auto known = pools_.find(method);
  if (known == pools_.end())
    known = pools_
                .emplace(std::string(method),
                         std::make_unique<ComputePool>(ComputePoolOptions{.threads = threads, .on_demand = true}))
                .first;
  return *known->second;
}

void DedicatedThreads::stop() {
  for (auto& [method, pool] : pools_) pool->stop();
}

}  // namespace manta::replica
