#pragma once

#include <atomic>
#include <deque>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "engines/engine.h"
#include "engines/generation/decoder.h"
#include "engines/generation/generation.h"
#include "engines/generation/inbox.h"
#include "engines/generation/slot_scheduler.h"

namespace manta::engines {

// Continuous batching: a thread that steps all running sequences together, lets requests in and out between two steps,
// and sleeps when there is none. The decoder is used by that thread only.
class StepLoop {
 public:
  StepLoop(std::unique_ptr<Decoder> decoder, SlotScheduler::Limits limits, std::size_t max_waiting);
  // Ends all requests with Cancelled, within one step. Not from a sink.
  ~StepLoop();

  // Thread-safe, see LlmEngine. The caller has validated the request: 1 <= prompt.size() <= limits.context.
  Result<LlmEngine::Id> submit(PendingGeneration pending) { return inbox_.submit(std::move(pending)); }
  void cancel(LlmEngine::Id id) { inbox_.cancel(id); }
  LlmEngine::Load load() const;

 private:
  void run();
  void read_mail(Inbox::Mail mail);
  void drop(LlmEngine::Id id);
  void admit_waiting();
  void step();
  void take_token(const SampledToken& sampled);
  void end(std::size_t slot, FinishReason reason, const Error* error = nullptr);
  void end_all();
  void fail_batch(std::span<const BatchItem> batch, const Error& error);

  std::unique_ptr<Decoder> decoder_;
  const SlotScheduler::Limits limits_;
  Inbox inbox_;
  SlotScheduler scheduler_;
  std::deque<PendingGeneration> waiting_;
  std::vector<std::optional<Generation>> running_;  // by slot
  std::atomic<std::size_t> running_count_ = 0, kv_used_ = 0;
  std::atomic<std::uint64_t> steps_ = 0, prompt_tokens_ = 0, generated_tokens_ = 0, cached_tokens_ = 0;
  std::thread thread_;  // last: starts when the rest is there
};

}  // namespace manta::engines
