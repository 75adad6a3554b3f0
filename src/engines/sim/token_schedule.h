#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "engines/engine.h"
#include "engines/generation/generation.h"

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

// Says when each request of a simulated LLM yields its tokens, and tells the sinks. Time is given, so the same calls
// make the same schedule. Requests do not slow each other down; those without a slot wait. One thread, load() but any.
class TokenSchedule {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;

  explicit TokenSchedule(const TokenClockOptions& options) : options_(options) {}

  void add(PendingGeneration request);
  // Ends a request with Cancelled. True when it waited for a slot.
  bool cancel(LlmEngine::Id id);
  void cancel_all();
  // Gives free slots to those that wait, in their order; returns to how many. Their time to the first token begins.
  std::size_t admit(TimePoint now);
  // One token of each request that is due.
  void emit_due(TimePoint now);
  std::optional<TimePoint> next_due() const;
  // Of what is running; `waiting` is the caller's to count.
  LlmEngine::Load load() const;

 private:
  struct Running {
    Generation generation;
    std::uint64_t words;  // decides the text
    TimePoint due;        // of the next token
    bool fails = false;
  };

  // Emits one token; true when the request is over.
  bool emit(Running& running);
  TimePoint::duration interval(double ms, std::uint64_t draw) const;
  void update_load();

  const TokenClockOptions options_;
  std::deque<PendingGeneration> waiting_;
  std::vector<Running> running_;
  std::size_t admitted_ = 0;
  std::atomic<std::size_t> running_count_ = 0, tokens_held_ = 0;
  std::atomic<std::uint64_t> steps_ = 0, prompt_tokens_ = 0, generated_tokens_ = 0;
};

}  // namespace manta::engines::sim
