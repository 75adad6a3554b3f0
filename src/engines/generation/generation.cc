#include "engines/generation/generation.h"

#include <cmath>

#include "engines/message.h"

namespace manta::engines {
namespace {

constexpr std::size_t kMaxStops = 16, kMaxStopBytes = 1024;

std::unexpected<Error> bad(std::string_view field, double value, std::string_view needs) {
  return fail(ErrorCode::InvalidArgument, message("{} is {}, needs {}", field, value, needs), std::string(field));
}

bool between(double value, double least, double most) { return value >= least && value <= most; }  // false for NaN

}  // namespace

Result<void> validate(const Sampling& s) {
  if (s.max_tokens < 1) return bad("max_tokens", s.max_tokens, "1 or more");
  if (!between(s.temperature, 0, 100)) return bad("temperature", s.temperature, "0 (greedy) to 100");
  if (!between(s.top_p, 0, 1) || s.top_p == 0) return bad("top_p", s.top_p, "more than 0, at most 1");
  if (s.top_k < 0) return bad("top_k", s.top_k, "0 (off) or more");
  if (!between(s.min_p, 0, 1)) return bad("min_p", s.min_p, "0 to 1");
  if (!between(s.presence_penalty, -2, 2)) return bad("presence_penalty", s.presence_penalty, "-2 to 2");
  if (!between(s.frequency_penalty, -2, 2)) return bad("frequency_penalty", s.frequency_penalty, "-2 to 2");
  if (!between(s.repeat_penalty, 0.01, 100)) return bad("repeat_penalty", s.repeat_penalty, "0.01 to 100 (1 = off)");
  if (s.stop.size() > kMaxStops) return bad("stop", static_cast<double>(s.stop.size()), "at most 16 strings");
  for (const std::string& stop : s.stop)
    if (stop.empty() || stop.size() > kMaxStopBytes)
      return fail(ErrorCode::InvalidArgument,
                  message("a stop string has {} bytes, needs 1 to {}", stop.size(), kMaxStopBytes), "stop");
  return {};
}

Generation::Generation(const PendingGeneration& pending, std::size_t cached_tokens)
    : id_(pending.id),
      sink_(pending.sink),
      max_tokens_(static_cast<std::size_t>(pending.sampling.max_tokens)),
      ignore_eos_(pending.sampling.ignore_eos),
      matcher_(pending.sampling.stop),
      usage_{.prompt_tokens = pending.prompt.size(), .cached_tokens = cached_tokens} {}

std::optional<FinishReason> Generation::push(std::string_view bytes, bool is_end) {
  ++usage_.completion_tokens;
  if (is_end && !ignore_eos_) {
    sink_->on_text({}, 1);
    return FinishReason::Stop;
  }
  StopMatcher::Output output = matcher_.push(gate_.push(is_end ? std::string_view() : bytes));
  stopped_ = output.stopped;
  sink_->on_text(output.text, 1);
  if (stopped_) return FinishReason::Stop;
  if (usage_.completion_tokens >= max_tokens_) return FinishReason::Length;
  return std::nullopt;
}

void Generation::finish(FinishReason reason, const Error* error) {
  if (!stopped_ && (reason == FinishReason::Stop || reason == FinishReason::Length)) {
    StopMatcher::Output last = matcher_.push(gate_.finish());
    if (!last.stopped) last.text += matcher_.finish();
    if (!last.text.empty()) sink_->on_text(last.text, 0);
  }
  sink_->on_finish(reason, usage_, error);
  sink_.reset();
}

}  // namespace manta::engines
