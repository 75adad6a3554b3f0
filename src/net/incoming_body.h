#pragma once

#include <algorithm>
#include <cstddef>

#include "base/clock.h"

namespace manta::net {

// Whether a body comes fast enough to keep the memory it holds. Only whole steps count as progress, so that a trickle
// is none: 32 KiB, or a sixteenth of what has come if that is more. With the 30 s of ServerOptions::body_timeout for
// each step a body wants at least 1 KiB/s, less than any link in use gives, and coming steadily it has eight minutes:
// 64 MiB want 1.1 Mbit/s. The share keeps a few slow clients from holding the receive budget: who holds much must send
// much.
class BodyPace {
 public:
  void begin(TimePoint now) {
    progress_ = now;
    counted_ = 0;
  }
  void received(std::size_t total, TimePoint now) {
    if (total - counted_ < std::max(kStep, counted_ / kShare)) return;
    progress_ = now;
    counted_ = total;
  }
  TimePoint progress() const { return progress_; }

 private:
  static constexpr std::size_t kStep = 32 << 10;
  static constexpr std::size_t kShare = 16;

  TimePoint progress_{};
  std::size_t counted_ = 0;
};

// How many bytes to set aside for a body of which `received` have come: the whole of it only once a first part has
// shown that there is more than an announcement.
inline std::size_t room_for_body(std::size_t received, std::size_t announced) {
  constexpr std::size_t kFirstPart = 1 << 20;
  return received < kFirstPart ? std::min(announced, kFirstPart) : announced;
}

}  // namespace manta::net
