#pragma once

#include <string>
#include <vector>

#include <manta/detail/replica_counter.h>

#include "engines/engine.h"

namespace manta::builtin {

// The figures of an engine as counters of the replica, by vLLM's names, so that dashboards made for it work. Made and
// used on the strand of the replica.
class LlmCounters {
 public:
  explicit LlmCounters(const std::string& model_name);

  // Adds what has happened since the last call.
  void update(const engines::LlmEngine::Load& now);

 private:
  struct Counter {
    detail::ReplicaCounter metric;
    std::uint64_t engines::LlmEngine::Load::* figure;
  };
  std::vector<Counter> counters_;
  engines::LlmEngine::Load last_;
};

}  // namespace manta::builtin
