#include "engines/sim/token_schedule.h"

#include <algorithm>
#include <string>
#include <utility>

#include "engines/message.h"
#include "engines/sim/words.h"

namespace manta::engines::sim {
namespace {

std::uint64_t words_seed(const PendingGeneration& request) {
  std::uint64_t value = mix(request.sampling.has_seed ? request.sampling.seed : 0);
  for (const Token token : request.prompt) value = mix(value ^ static_cast<std::uint32_t>(token));
  return value;
}

}  // namespace

void TokenSchedule::add(PendingGeneration request) { waiting_.push_back(std::move(request)); }

bool TokenSchedule::cancel(LlmEngine::Id id) {
  std::erase_if(running_, [&](Running& running) {
    if (running.generation.id() != id) return false;
    running.generation.finish(FinishReason::Cancelled);
    return true;
  });
  update_load();
  return std::erase_if(waiting_, [&](const PendingGeneration& request) {
           if (request.id != id) return false;
           Generation(request, 0).finish(FinishReason::Cancelled);
           return true;
         }) > 0;
}

void TokenSchedule::cancel_all() {
  for (Running& running : running_) running.generation.finish(FinishReason::Cancelled);
  for (const PendingGeneration& request : waiting_) Generation(request, 0).finish(FinishReason::Cancelled);
  running_.clear();
  waiting_.clear();
}

std::size_t TokenSchedule::admit(TimePoint now) {
  std::size_t count = 0;
  for (; !waiting_.empty() && running_.size() < options_.slots; ++count) {
    const PendingGeneration request = std::move(waiting_.front());
    waiting_.pop_front();
    ++admitted_;
    const bool fails = options_.fail_every > 0 && admitted_ % options_.fail_every == 0;
    const TimePoint due = now + interval(options_.ttft_ms, admitted_);
    running_.push_back({Generation(request, 0), words_seed(request), due, fails});
  }
  if (count > 0) update_load();
  return count;
}

void TokenSchedule::emit_due(TimePoint now) {
  bool emitted = false;
  std::erase_if(running_, [&](Running& running) {
    if (running.due > now) return false;
    emitted = true;
    return emit(running);
  });
  if (!emitted) return;
  ++steps_;
  update_load();
}

bool TokenSchedule::emit(Running& running) {
  Generation& generation = running.generation;
  const std::size_t index = generation.usage().completion_tokens;
  if (running.fails && index == options_.fail_after) {
    const Error error{.code = ErrorCode::Internal,
                      .message = message("sim: the request fails because fail_every is {}", options_.fail_every)};
    generation.finish(FinishReason::Error, &error);
    return true;
  }
  if (index == 0) prompt_tokens_ += generation.usage().prompt_tokens;
  ++generated_tokens_;
  const bool is_end = options_.stop_after > 0 && index == options_.stop_after;
  const std::string text = std::string(index == 0 ? "" : " ").append(word(mix(running.words + index)));
  std::optional<FinishReason> over = generation.push(text, is_end);
  const Usage& usage = generation.usage();
  if (!over && usage.prompt_tokens + usage.completion_tokens > options_.context) over = FinishReason::Length;
  if (over) generation.finish(*over);
  running.due += interval(options_.itl_ms, mix(running.words ^ index));
  return over.has_value();
}

std::optional<TokenSchedule::TimePoint> TokenSchedule::next_due() const {
  if (running_.empty()) return std::nullopt;
  return std::ranges::min(running_, {}, &Running::due).due;
}

TokenSchedule::TimePoint::duration TokenSchedule::interval(double ms, std::uint64_t draw) const {
  const double factor = 1 + options_.jitter * (2 * unit_interval(mix(options_.seed ^ draw)) - 1);
  return std::chrono::duration_cast<TimePoint::duration>(std::chrono::duration<double, std::milli>(ms * factor));
}

void TokenSchedule::update_load() {
  running_count_ = running_.size();
  std::size_t held = 0;
  for (const Running& running : running_)
    held += running.generation.usage().prompt_tokens + running.generation.usage().completion_tokens;
  tokens_held_ = held;
}

LlmEngine::Load TokenSchedule::load() const {
  return {.running = running_count_,
          .kv_tokens_used = tokens_held_,
          .kv_tokens_total = options_.slots * options_.context,
          .steps = steps_,
          .prompt_tokens = prompt_tokens_,
          .generated_tokens = generated_tokens_};
}

}  // namespace manta::engines::sim
