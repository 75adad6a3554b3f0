#pragma once

#include <sched.h>

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <vector>

namespace manta::bench {

// CPU seconds of all threads of this process.
inline double cpu_seconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

inline void pin_to_core(int core) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(static_cast<unsigned>(core), &set);
  sched_setaffinity(0, sizeof set, &set);
}

struct Spread {
  double median, least, most;
};

inline Spread spread(std::vector<double> values) {
  std::ranges::sort(values);
  return {values[values.size() / 2], values.front(), values.back()};
}

// Prints the CPU costs of interleaved pairs (bare[i] ran next to ours[i]) and the ratio of each pair.
inline void print_pairs(const char* what, const char* unit, const std::vector<double>& bare,
                        const std::vector<double>& ours) {
  std::vector<double> ratios;
  for (std::size_t i = 0; i < bare.size(); ++i) ratios.push_back(ours[i] / bare[i]);
  const Spread b = spread(bare), o = spread(ours), r = spread(ratios);
  std::printf("%-24s bare %.3f (%.3f - %.3f)  engine %.3f (%.3f - %.3f) %s  ratio %.3f (%.3f - %.3f), n = %zu\n", what,
              b.median, b.least, b.most, o.median, o.least, o.most, unit, r.median, r.least, r.most, bare.size());
  std::fflush(stdout);
}

}  // namespace manta::bench
