#pragma once

#include <memory>
#include <vector>

#include <manta/task.h>

#include "base/loop.h"
#include "ingress/gathering.h"

namespace manta::ingress {

// Whether every loop of a process still turns. The loops outlive it and whoever waits.
class RollCall {
 public:
  void add(Loop& loop) { loops_.push_back(&loop); }  // before any of them runs

  // Resumes on `home`, one of the loops, once all have answered: never while one of them hangs.
  Task<void> all_answered(Loop* home) const {
    const auto answers = std::make_shared<Gathering>(loops_.size() - 1);
    for (Loop* loop : loops_)
      if (loop != home) loop->post([home, answers] { home->post([answers] { answers->one_less(); }); });
    Gathering::AllAnswered waiting{*answers};
    co_await waiting;
  }

 private:
  std::vector<Loop*> loops_;
};

}  // namespace manta::ingress
