#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"

namespace manta::simulate {

// What was seen that must never be, with the time of the run; the first ones. Empty: every invariant held.
class Findings {
 public:
  static constexpr std::size_t kKept = 20;

  // `clock` outlives it.
  explicit Findings(const Clock& clock) : clock_(clock), begin_(clock.now()) {}

  void add(const std::string& what) {
    const std::chrono::duration<double> at = clock_.now() - begin_;
    if (all_.size() < kKept) all_.push_back("at " + std::to_string(at.count()) + " s: " + what);
  }
  const std::vector<std::string>& all() const { return all_; }

 private:
  const Clock& clock_;
  const TimePoint begin_;
  std::vector<std::string> all_;
};

}  // namespace manta::simulate
