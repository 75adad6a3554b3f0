#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "base/loop.h"

namespace manta::replica {

// Lets at most so many calls of a method run at once; the others wait in order. Methods without a limit never come
// here. Loop-confined.
class MethodGates {
 public:
  using Pass = std::uint64_t;  // of one call that runs or waits; 0: none

  explicit MethodGates(Loop& loop) : loop_(loop) {}

  // Calls `run` at once if nothing waits and fewer than `limit` run, else in its turn, from the loop.
  Pass enter(std::string_view method, int limit, std::move_only_function<void()> run);
  // The call has ended, or does not wait any more: then its `run` is destroyed uncalled.
  void leave(Pass pass);
  std::size_t waiting() const;

 private:
  struct Waiting {
    Pass pass;
    std::move_only_function<void()> run;
  };
  struct Gate {
    int limit = 1;
    int running = 0;
    std::deque<Waiting> waiting;
    bool pump_posted = false;
  };
  void pump_soon(Gate& gate);
  static void pump(Gate& gate);

  Loop& loop_;
  std::map<std::string, std::shared_ptr<Gate>, std::less<>> gates_;  // shared with posted pumps
  std::map<Pass, Gate*> passes_;
  Pass next_ = 1;
};

}  // namespace manta::replica
