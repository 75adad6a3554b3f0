#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>

#include "loadgen/histogram.h"

namespace manta::loadgen {

// What came of a load; warm-up is left out.
struct LoadResult {
  Duration measured{};          // from the end of the warm-up to the last end
  std::uint64_t completed = 0;  // with a status below 300
  std::uint64_t failed = 0;
  std::map<std::string, std::uint64_t> failures;  // by reason: "503", "timeout", "the connection was lost"
  std::size_t most_open = 0;                      // requests at once, warm-up included
  std::uint64_t bytes = 0;                        // of bodies received
  std::uint64_t input_tokens = 0;                 // as `usage` of the answers says
  std::uint64_t output_tokens = 0;                // the same, else events with something in them
  Histogram latency;                              // of those that completed: from due to the end
  Histogram first_token;     // streams: to the first event with something in it; else to the first byte
  Histogram per_token;       // streams: mean time of the tokens after the first, one value a request
  Histogram between_tokens;  // streams: each gap
};

}  // namespace manta::loadgen
