#pragma once

#include <thread>

#include "engines/engine.h"
#include "engines/generation/inbox.h"
#include "engines/sim/token_schedule.h"

namespace manta::engines::sim {

// Plays the schedule of a simulated LLM in real time: a thread that sleeps until the next token of any request is due.
class TokenClock {
 public:
  explicit TokenClock(const TokenClockOptions& options);
  // Ends all requests with Cancelled. Not from a sink.
  ~TokenClock();

  Result<LlmEngine::Id> submit(PendingGeneration pending) { return inbox_.submit(std::move(pending)); }
  void cancel(LlmEngine::Id id) { inbox_.cancel(id); }
  LlmEngine::Load load() const;

 private:
  void run();
  void read_mail(Inbox::Mail mail);

  Inbox inbox_;
  TokenSchedule schedule_;
  std::thread thread_;  // last: starts when the rest is there
};

}  // namespace manta::engines::sim
