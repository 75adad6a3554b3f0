#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <vector>

#include "simulate/service_time.h"
#include "simulate/world.h"

namespace manta::simulate {

// The work that one replica does itself: so many lanes, each with one request or one batch at a time. Loop-confined.
class Workers : public std::enable_shared_from_this<Workers> {
 public:
  Workers(World& world, const ServiceTime& time, int lanes) : world_(world), time_(time), lanes_(lanes) {}

  // `done` when its part of the work is finished; never after stop().
  void add(std::function<void()> done);
  void stop();
  void slow_down(double factor) { factor_ = factor; }
  int lanes() const { return lanes_; }
  // Lane-seconds of work so far; of what is being done the part that has passed.
  double busy_s() const;

 private:
  void pump();
  void finish(std::vector<std::function<void()>> batch);
  void account();

  World& world_;
  const ServiceTime time_;
  const int lanes_;
  int busy_ = 0;
  double factor_ = 1, busy_s_ = 0;
  TimePoint accounted_{};
  bool stopped_ = false;
  std::deque<std::function<void()>> waiting_;
};

}  // namespace manta::simulate
