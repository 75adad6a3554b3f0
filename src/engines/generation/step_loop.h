#pragma once

#include <atomic>
#include <deque>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "engines/engine.h"
#include "engines/generation/decoder.h"
#include "engines/generation/drafter.h"
#include "engines/generation/generation.h"
#include "engines/generation/inbox.h"
#include "engines/generation/slot_scheduler.h"
#include "engines/generation/step_cost.h"

namespace manta::engines {

// Continuous batching: a thread that steps all running sequences together, lets requests in and out between two steps,
// and sleeps when there is none. The decoder is used by that thread only.
class StepLoop {
 public:
  // Speculative decoding with tokens looked up in the request's own text.
  struct Drafting {
    std::size_t tokens = 0;                // the most drafted in one step, over all slots; 0 = off
    double (*seconds)() = thread_seconds;  // the clock by which steps are compared
  };
  StepLoop(std::unique_ptr<Decoder> decoder, SlotScheduler::Limits limits, std::size_t max_waiting, Drafting drafting);
  // Ends all requests with Cancelled, within one step. Not from a sink.
  ~StepLoop();

  // Thread-safe, see LlmEngine. The caller has validated the request: 1 <= prompt.size() <= limits.context.
  Result<LlmEngine::Id> submit(PendingGeneration pending) { return inbox_.submit(std::move(pending)); }
  void cancel(LlmEngine::Id id) { inbox_.cancel(id); }
  LlmEngine::Load load() const;

 private:
  // CPU time of the calling thread. It takes part in every step, and others on the machine do not disturb it.
  static double thread_seconds();

  void run();
  void read_mail(Inbox::Mail mail);
  void drop(LlmEngine::Id id);
  void admit_waiting();
  void copy_prefixes();
  void step();
  Result<std::vector<SampledToken>> compute(std::span<const BatchItem> batch);
  void draft();
  void count_prompt(std::span<const BatchItem> batch);
  void settle_drafts();
  void take_token(const SampledToken& sampled);
  void end(std::size_t slot, FinishReason reason, const Error* error = nullptr);
  void end_all();
  void fail_batch(std::span<const BatchItem> batch, const Error& error);

  std::unique_ptr<Decoder> decoder_;
  const SlotScheduler::Limits limits_;
  const Drafting drafting_;
  Inbox inbox_;
  SlotScheduler scheduler_;
  std::deque<PendingGeneration> waiting_;
  struct Running {
    Generation generation;
    Drafter drafter;
  };
  std::vector<std::optional<Running>> running_;  // by slot
  StepCost cost_;
  std::atomic<std::size_t> running_count_ = 0, kv_used_ = 0;
  std::atomic<std::uint64_t> steps_ = 0, prompt_tokens_ = 0, generated_tokens_ = 0, cached_tokens_ = 0;
  std::atomic<std::uint64_t> queried_tokens_ = 0, drafts_ = 0, drafted_tokens_ = 0, accepted_tokens_ = 0;
  std::thread thread_;  // last: starts when the rest is there
};

}  // namespace manta::engines
