#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>

#include "engines/option_reader.h"

namespace manta::engines::sim {

// What a simulated call to an embedding or a reranker costs, and whether it fails. Thread-safe.
class CallClock {
 public:
  explicit CallClock(OptionReader& reader);
  // Sleeps for the call's time; Internal for each call that the option fail_every picks. Blocks: compute threads only.
  Result<void> spend(std::size_t rows);

 private:
  double call_ms_, row_ms_;
  std::uint64_t fail_every_;
  std::atomic<std::uint64_t> calls_ = 0;
};

}  // namespace manta::engines::sim
