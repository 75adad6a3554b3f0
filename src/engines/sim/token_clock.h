#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>
#include <thread>
#include <vector>

#include "engines/engine.h"
#include "engines/generation/generation.h"
#include "engines/generation/inbox.h"

namespace manta::engines::sim {

struct TokenClockOptions {
  double ttft_ms = 20, itl_ms = 5;
  double jitter = 0;           // each interval is drawn from [1 - jitter, 1 + jitter] of its length
  std::uint64_t seed = 0;      // of the jitter
  std::size_t fail_every = 0;  // every n-th request fails; 0 = none
  std::size_t fail_after = 0;  // tokens that a failing request still yields
  std::size_t stop_after = 0;  // tokens until the end token; 0 = never
  std::size_t slots = 8, context = 4096, max_waiting = 256;
};

// Plays the time course of an LLM: a thread that sleeps until the next token of any request is due. Requests do not
// slow each other down; those without a slot wait.
class TokenClock {
 public:
  explicit TokenClock(const TokenClockOptions& options);
  // Ends all requests with Cancelled. Not from a sink.
  ~TokenClock();

  Result<LlmEngine::Id> submit(PendingGeneration pending) { return inbox_.submit(std::move(pending)); }
  void cancel(LlmEngine::Id id) { inbox_.cancel(id); }
  LlmEngine::Load load() const;

 private:
  using TimePoint = std::chrono::steady_clock::time_point;
  struct Running {
    Generation generation;
    std::uint64_t words;  // decides the text
    TimePoint due;        // of the next token
    bool fails = false;
  };

  void run();
  void read_mail(Inbox::Mail mail);
  void admit_waiting();
  void emit_due();
  // Emits one token; true when the request is over.
  bool emit(Running& running);
  std::optional<TimePoint> next_due() const;
  TimePoint::duration interval(double ms, std::uint64_t draw) const;
  void update_load();

  const TokenClockOptions options_;
  Inbox inbox_;
  std::deque<PendingGeneration> waiting_;
  std::vector<Running> running_;
  std::size_t admitted_ = 0;
  std::atomic<std::size_t> running_count_ = 0, tokens_held_ = 0;
  std::atomic<std::uint64_t> steps_ = 0, prompt_tokens_ = 0, generated_tokens_ = 0;
  std::thread thread_;  // last: starts when the rest is there
};

}  // namespace manta::engines::sim
