#pragma once

#include <random>

#include "base/loop.h"

namespace manta::simulate {

struct NetworkOptions {
  Duration least = std::chrono::microseconds(30);  // of a message between two processes
  Duration most = std::chrono::microseconds(150);
  double late_share = 0;                           // of the messages are late ...
  Duration late = std::chrono::milliseconds(500);  // ... by up to so much
  double lost_share = 0;                           // of those that a sender can do without: lose() says which
};

// Carries messages between simulated processes: each arrives after a random time, those of one pipe in the order they
// were sent, as over a connection. Loop-confined.
class Network {
 public:
  Network(Loop& loop, const NetworkOptions& options, std::uint64_t seed)
      : loop_(loop), options_(options), random_(seed) {}

  struct Pipe {
    TimePoint last{};  // arrival of the last message
  };
  void send(Pipe& pipe, Loop::Callback deliver);
  bool lose();       // one message, now
  void calm_down();  // nothing is late or lost from now on
  bool is_calm() const { return options_.late_share == 0 && options_.lost_share == 0; }
  Loop& loop() { return loop_; }

 private:
  Loop& loop_;
  NetworkOptions options_;
  std::mt19937_64 random_;
};

}  // namespace manta::simulate
