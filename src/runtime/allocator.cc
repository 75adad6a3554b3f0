#include "runtime/allocator.h"

#include <fmt/format.h>

namespace manta::runtime {

std::string allocator_tunables(std::string_view given) {
  constexpr std::string_view kName = "glibc.malloc.tcache_count";
  constexpr int kBlocks = 512;
  if (given.contains(kName)) return std::string(given);
  return fmt::format("{}{}{}={}", given, given.empty() ? "" : ":", kName, kBlocks);
}

}  // namespace manta::runtime
