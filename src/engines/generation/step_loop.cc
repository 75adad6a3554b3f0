#include "engines/generation/step_loop.h"

#include <algorithm>
#include <ctime>
#include <exception>
#include <utility>

namespace manta::engines {

StepLoop::StepLoop(std::unique_ptr<Decoder> decoder, SlotScheduler::Limits limits, std::size_t max_waiting,
                   Drafting drafting)
    : decoder_(std::move(decoder)),
      limits_(limits),
      drafting_(drafting),
      inbox_(max_waiting),
      scheduler_(limits),
      running_(limits.slots),
      cost_(std::max(limits.slots, drafting.tokens + 1)),
      thread_([this] { run(); }) {}

StepLoop::~StepLoop() {
  inbox_.close();
  thread_.join();
}

double StepLoop::thread_seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

void StepLoop::run() {
  for (;;) {
    const bool has_work = running_count_ > 0 || !waiting_.empty();
    Inbox::Mail mail = has_work ? inbox_.take() : inbox_.wait();
    const bool closed = mail.closed;
    read_mail(std::move(mail));
    if (closed) return end_all();
    copy_prefixes();
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
    if (running_[slot] && running_[slot]->generation.id() == id) return end(slot, FinishReason::Cancelled);
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
    running_[admission->slot].emplace(Running{Generation(request, kept), {}});
    ++running_count_;
    cached_tokens_ += kept;
    queried_tokens_ += request.prompt.size();
    copy_prefixes();
  }
}

void StepLoop::copy_prefixes() {
  while (const auto copy = scheduler_.next_copy()) {
    const std::size_t tokens = decoder_->copy(copy->from, copy->to, copy->tokens);
    scheduler_.copied(copy->to, tokens);
    running_[copy->to]->generation.add_cached(tokens);
    cached_tokens_ += tokens;
  }
}

void StepLoop::step() {
  if (drafting_.tokens > 0) draft();
  const std::span<const BatchItem> batch = scheduler_.plan();
  const auto sampled = compute(batch);
  ++steps_;
  if (!sampled) return fail_batch(batch, sampled.error());
  scheduler_.commit();
  count_prompt(batch);
  for (const SampledToken& token : *sampled) take_token(token);
  settle_drafts();
}

// Steps of which the cost says something about drafts: one sequence, or none with a draft.
Result<std::vector<SampledToken>> StepLoop::compute(std::span<const BatchItem> batch) try {
  const double begun = drafting_.seconds();
  auto sampled = decoder_->step(batch);
  const bool is_even = std::ranges::all_of(batch, &BatchItem::wants_token) &&
                       (batch.front().slot == batch.back().slot || std::ranges::none_of(batch, &BatchItem::is_draft));
  if (sampled && is_even) cost_.record(batch.size(), drafting_.seconds() - begun);
  return sampled;
} catch (const std::exception& e) {
  return fail(ErrorCode::Internal, std::string("a generation step failed: ") + e.what());
}

void StepLoop::draft() {
  std::size_t streams = 0;
  for (std::size_t slot = 0; slot < running_.size(); ++slot) streams += scheduler_.is_generating(slot) ? 1 : 0;
  for (std::size_t slot = 0; slot < running_.size(); ++slot) {
    if (!scheduler_.is_generating(slot)) continue;
    Running& running = *running_[slot];
    const std::size_t most = std::min(drafting_.tokens / streams, running.generation.tokens_left() - 1);
    scheduler_.draft(slot, running.drafter.propose(scheduler_.tokens(slot), most, cost_, streams));
  }
}

void StepLoop::count_prompt(std::span<const BatchItem> batch) {
  const auto is_prompt = [this](const BatchItem& item) {
    return !item.is_draft && running_[item.slot]->generation.usage().completion_tokens == 0;
  };
  prompt_tokens_ += static_cast<std::uint64_t>(std::ranges::count_if(batch, is_prompt));
}

void StepLoop::settle_drafts() {
  for (const SlotScheduler::Settled& settled : scheduler_.settle()) {
    ++drafts_;
    drafted_tokens_ += settled.drafted;
    accepted_tokens_ += settled.accepted;
    if (settled.accepted < settled.drafted) decoder_->truncate(settled.slot, settled.held);
  }
}

void StepLoop::take_token(const SampledToken& sampled) {
  if (!running_[sampled.slot]) return;  // ended by a token before this one in the same step
  Running& running = *running_[sampled.slot];
  ++generated_tokens_;
  running.drafter.sampled(sampled.token);
  std::optional<FinishReason> over = running.generation.push(sampled.bytes, sampled.is_end);
  if (!over && !scheduler_.accept(sampled.slot, sampled.token)) over = FinishReason::Length;
  if (over) end(sampled.slot, *over);
}

void StepLoop::end(std::size_t slot, FinishReason reason, const Error* error) {
  Generation ended = std::move(running_[slot]->generation);
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
          .cached_tokens = cached_tokens_,
          .queried_tokens = queried_tokens_,
          .drafts = drafts_,
          .drafted_tokens = drafted_tokens_,
          .accepted_tokens = accepted_tokens_};
}

}  // namespace manta::engines
