#pragma once

#include <algorithm>
#include <optional>

#include "base/clock.h"

namespace manta::routing {

// Lets `rate` requests a second pass on average and `burst` at once. Rate and burst are given anew each time, so that
// they can change; it begins full.
class TokenBucket {
 public:
  struct Limit {
    double rate = 0;   // above 0
    double burst = 1;  // at least 1
  };

  // 0: there is a token. Else the seconds until there is one.
  double wait_s(const Limit& limit, TimePoint now) {
    refill(limit, now);
    return tokens_ >= 1 ? 0 : (1 - tokens_) / limit.rate;
  }
  void take() { tokens_ -= 1; }
  // It is as good as a new one.
  bool is_full(const Limit& limit, TimePoint now) {
    refill(limit, now);
    return tokens_ >= limit.burst;
  }

 private:
  void refill(const Limit& limit, TimePoint now) {
    const std::chrono::duration<double> passed = now - filled_at_.value_or(now);
    tokens_ = filled_at_ ? std::min(limit.burst, tokens_ + passed.count() * limit.rate) : limit.burst;
    filled_at_ = now;
  }

  double tokens_ = 0;
  std::optional<TimePoint> filled_at_;  // none: never used
};

}  // namespace manta::routing
