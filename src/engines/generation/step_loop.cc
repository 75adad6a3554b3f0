#include "engines/generation/step_loop.h"

#include <algorithm>
#include <exception>
#include <utility>

namespace manta::engines {

StepLoop::StepLoop(std::unique_ptr<Decoder> decoder, SlotScheduler::Limits limits, std::size_t max_waiting)
    : decoder_(std::move(decoder)),
      limits_(limits),
      inbox_(max_waiting),
      scheduler_(limits),
      running_(limits.slots),
      thread_([this] { run(); }) {}

StepLoop::~StepLoop() {
  inbox_.close();
  thread_.join();
}

void StepLoop::run() {
  for (;;) {
    const bool has_work = running_count_ > 0 || !waiting_.empty();
    Inbox::Mail mail = has_work ? inbox_.take() : inbox_.wait();
    const bool closed = mail.closed;
    read_mail(std::move(mail));
    if (closed) return end_all();
    admit_waiting();
    if (running_count_ > 0) step();
    kv_used_ = scheduler_.tokens_held();
  }
}

void StepLoop::read_mail(Inbox::Mail mail) {
  for (PendingGeneration& request : mail.requests) waiting_.push_back(std::move(request));
  for (const LlmEngine::Id id : mail.cancelled) drop(id);
}

void StepLoop::drop(LlmEngine::Id id) {
  for (std::size_t slot = 0; slot < running_.size(); ++slot)
    if (running_[slot] && running_[slot]->id() == id) return end(slot, FinishReason::Cancelled);
  const auto found = std::ranges::find(waiting_, id, &PendingGeneration::id);
  if (found == waiting_.end()) return;
  const PendingGeneration request = std::move(*found);
  waiting_.erase(found);
  inbox_.left_queue(1);
  Generation(request, 0).finish(FinishReason::Cancelled);
}

void StepLoop::admit_waiting() {
  while (!waiting_.empty() && scheduler_.idle() > 0) {
    const auto admission = scheduler_.admit(waiting_.front().prompt);
    if (!admission) return;
    const PendingGeneration request = std::move(waiting_.front());
    waiting_.pop_front();
    inbox_.left_queue(1);
    const std::size_t kept = decoder_->start(admission->slot, request, admission->kept);
    scheduler_.restart(admission->slot, kept);
    running_[admission->slot].emplace(request, kept);
    ++running_count_;
    cached_tokens_ += kept;
  }
}

void StepLoop::step() {
  const std::span<const BatchItem> batch = scheduler_.plan();
  Result<std::vector<SampledToken>> sampled;
  try {
    sampled = decoder_->step(batch);
  } catch (const std::exception& e) {
    sampled = fail(ErrorCode::Internal, std::string("a generation step failed: ") + e.what());
  }
  ++steps_;
  if (!sampled) return fail_batch(batch, sampled.error());
  scheduler_.commit();
  prompt_tokens_ += batch.size() - sampled->size();
  for (const SampledToken& token : *sampled) take_token(token);
}

void StepLoop::take_token(const SampledToken& sampled) {
  Generation& generation = *running_[sampled.slot];
  if (generation.usage().completion_tokens == 0) ++prompt_tokens_;  // this step computed the last token of its prompt
  ++generated_tokens_;
  std::optional<FinishReason> over = generation.push(sampled.bytes, sampled.is_end);
  if (!over && !scheduler_.accept(sampled.slot, sampled.token)) over = FinishReason::Length;
  if (over) end(sampled.slot, *over);
}

void StepLoop::end(std::size_t slot, FinishReason reason, const Error* error) {
  Generation ended = std::move(*running_[slot]);
  running_[slot].reset();
  --running_count_;
  scheduler_.release(slot);
  ended.finish(reason, error);
}

void StepLoop::end_all() {
  for (std::size_t slot = 0; slot < running_.size(); ++slot)
    if (running_[slot]) end(slot, FinishReason::Cancelled);
  for (const PendingGeneration& request : std::exchange(waiting_, {}))
    Generation(request, 0).finish(FinishReason::Cancelled);
}

void StepLoop::fail_batch(std::span<const BatchItem> batch, const Error& error) {
  std::vector<bool> lost(running_.size());
  for (const BatchItem& item : batch) lost[item.slot] = true;
  for (std::size_t slot = 0; slot < lost.size(); ++slot) {
    if (!lost[slot]) continue;
    scheduler_.forget(slot);
    end(slot, FinishReason::Error, &error);
  }
}

LlmEngine::Load StepLoop::load() const {
  return {.running = running_count_,
          .waiting = inbox_.waiting(),
          .kv_tokens_used = kv_used_,
          .kv_tokens_total = limits_.slots * limits_.context,
          .steps = steps_,
          .prompt_tokens = prompt_tokens_,
          .generated_tokens = generated_tokens_,
          .cached_tokens = cached_tokens_};
}

}  // namespace manta::engines
