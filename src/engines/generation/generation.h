#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "engines/engine.h"
#include "engines/generation/stop_matcher.h"
#include "engines/generation/utf8_gate.h"

namespace manta::engines {

using Token = std::int32_t;

// A request on its way to a slot.
struct PendingGeneration {
  LlmEngine::Id id = 0;
  std::vector<Token> prompt;
  Sampling sampling;
  std::shared_ptr<GenerationSink> sink;
};

// InvalidArgument for a value no engine can honour; the message names the field.
Result<void> validate(const Sampling& sampling);

// One request while it generates: turns tokens into text for its sink, counts, and knows when it is over. Engine thread
// only.
class Generation {
 public:
  // `cached_tokens` of the prompt were not computed again.
  Generation(const PendingGeneration& pending, std::size_t cached_tokens);

  // Takes the bytes of one generated token; the bytes of an end token are not shown. Returns why the generation is over
  // now, if it is: call finish() with it.
  std::optional<FinishReason> push(std::string_view bytes, bool is_end);
  // Lets out what was held back (not after a stop string) and calls on_finish. Last call.
  void finish(FinishReason reason, const Error* error = nullptr);

  // More of the prompt came from another sequence.
  void add_cached(std::size_t tokens) { usage_.cached_tokens += tokens; }

  LlmEngine::Id id() const { return id_; }
  std::size_t tokens_left() const { return max_tokens_ - usage_.completion_tokens; }
  const Usage& usage() const { return usage_; }

 private:
  LlmEngine::Id id_;
  std::shared_ptr<GenerationSink> sink_;
  std::size_t max_tokens_;
  bool ignore_eos_;
  bool stopped_ = false;
  Utf8Gate gate_;
  StopMatcher matcher_;
  Usage usage_;
};

}  // namespace manta::engines
