#include <algorithm>

#include "engines/message.h"
#include "engines/option_reader.h"
#include "engines/sim/parts.h"
#include "engines/sim/token_clock.h"
#include "engines/sim/words.h"

namespace manta::engines::sim {
namespace {

void append_words(std::string_view text, std::vector<Token>& tokens) {
  for (const std::uint64_t word : word_hashes(text)) tokens.push_back(static_cast<Token>(word & 0x7FFFFFFF));
}

std::vector<Token> prompt_tokens(const GenerationRequest& request) {
  std::vector<Token> tokens;
  if (request.messages.empty()) append_words(request.prompt, tokens);
  for (const ChatMessage& message : request.messages) {
    append_words(message.role, tokens);
    append_words(message.content, tokens);
  }
  return tokens;
}

class SimLlm final : public LlmEngine {
 public:
  explicit SimLlm(const TokenClockOptions& options) : options_(options), clock_(options) {}

  Result<Id> generate(GenerationRequest request, std::shared_ptr<GenerationSink> sink) override {
    if (auto valid = validate(request.sampling); !valid) return std::unexpected(valid.error());
    std::vector<Token> tokens = prompt_tokens(request);
    if (tokens.size() > options_.context)
      return fail(ErrorCode::InvalidArgument, message("the prompt has {} tokens, but the context holds {}; shorten it",
                                                      tokens.size(), options_.context));
    return clock_.submit(
        {.prompt = std::move(tokens), .sampling = std::move(request.sampling), .sink = std::move(sink)});
  }

  void cancel(Id id) override { clock_.cancel(id); }
  Result<std::size_t> count_tokens(const std::string& text) override { return word_hashes(text).size(); }
  std::size_t context_tokens() const override { return options_.context; }
  std::size_t slots() const override { return options_.slots; }
  Load load() const override { return clock_.load(); }

 private:
  TokenClockOptions options_;
  TokenClock clock_;
};

TokenClockOptions read(OptionReader& reader) {
  const auto count = [&](std::string_view key, std::size_t otherwise, std::int64_t least) {
    return static_cast<std::size_t>(reader.integer(key, static_cast<std::int64_t>(otherwise), least, kMaxCount));
  };
  TokenClockOptions options;
  options.ttft_ms = reader.number("ttft_ms", options.ttft_ms, 0, kMaxMs);
  options.itl_ms = reader.number("itl_ms", options.itl_ms, 0, kMaxMs);
  options.jitter = reader.number("jitter", options.jitter, 0, 1);
  options.seed = count("seed", 0, 0);
  options.fail_every = count("fail_every", 0, 0);
  options.fail_after = count("fail_after", 0, 0);
  options.stop_after = count("stop_after", 0, 0);
  options.slots = count("slots", options.slots, 1);
  options.context = count("context", options.context, 1);
  options.max_waiting = count("max_waiting", options.max_waiting, 1);
  return options;
}

}  // namespace

Result<std::unique_ptr<LlmEngine>> make_llm(const EngineOptions& options) {
  OptionReader reader("sim llm", options);
  const TokenClockOptions clock = read(reader);
  if (auto valid = reader.finish(); !valid) return std::unexpected(valid.error());
  return std::make_unique<SimLlm>(clock);
}

}  // namespace manta::engines::sim
