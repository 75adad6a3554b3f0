#include "engines/llama/llm.h"

#include <algorithm>
#include <utility>

#include "engines/generation/step_loop.h"
#include "engines/llama/decode_parts.h"
#include "engines/llama/llama_decoder.h"
#include "engines/llama/model.h"
#include "engines/message.h"
#include "engines/option_reader.h"

namespace manta::engines::llama {
namespace {

// A draft and the token before it stay below kTiled, so that they are computed as single tokens are.
constexpr std::int64_t kDraftTokens = 15, kMostDraftTokens = kTiled - 2;
constexpr std::size_t kPrefillChunk = 2 * kTiled;

struct Options {
  Model::Options model;
  LlamaDecoder::Options decoder;
  bool prefix_cache = true, exact_reuse = false;
  std::size_t prefill_chunk = kPrefillChunk;
  std::size_t max_waiting = 256;
};

Options read(OptionReader& reader) {
  const auto count = [&](std::string_view key, std::size_t otherwise, std::size_t most) {
    return static_cast<std::size_t>(
        reader.integer(key, static_cast<std::int64_t>(otherwise), 1, static_cast<std::int64_t>(most)));
  };
  Options options;
  options.model.path = reader.required("model", "the path of a .gguf file, or a folder with model.gguf");
  options.model.mmap = reader.flag("mmap", true);
  options.model.progress = reader.flag("progress", false);
  LlamaDecoder::Options& decoder = options.decoder;
  decoder.slots = count("slots", decoder.slots, llama_max_parallel_sequences());
  decoder.context = count("context", decoder.context, 1 << 24);
  decoder.batch = std::max(count("batch", decoder.batch, 1 << 16), decoder.slots);
  decoder.ubatch = count("ubatch", decoder.ubatch, 1 << 16);
  decoder.threads = static_cast<int>(count("threads", 1, 1024));
  decoder.threads_batch = static_cast<int>(count("threads_batch", static_cast<std::size_t>(decoder.threads), 1024));
  decoder.draft_tokens = static_cast<std::size_t>(reader.integer("draft_tokens", kDraftTokens, 0, kMostDraftTokens));
  options.prefix_cache = reader.flag("prefix_cache", true);
  options.exact_reuse = reader.flag("exact_reuse", false);
  options.prefill_chunk = count("prefill_chunk", options.prefill_chunk, 1 << 16);
  options.max_waiting = count("max_waiting", options.max_waiting, 1 << 20);
  return options;
}

SlotScheduler::Limits limits_of(const Options& options) {
  const LlamaDecoder::Options& decoder = options.decoder;
  const bool has_tiles = std::min(decoder.ubatch, decoder.batch) >= kLeastUbatchOfTiles &&
                         decoder.batch >= decoder.slots + decoder.draft_tokens + kTiled;
  return {.slots = decoder.slots,
          .context = decoder.context,
          .batch = decoder.batch,
          .prefill_chunk = options.prefill_chunk,
          .least_part = has_tiles ? kTiled : 1,
          .prefix_cache = options.prefix_cache,
          .exact_reuse = options.exact_reuse};
}

class LlamaLlm final : public LlmEngine {
 public:
  LlamaLlm(std::unique_ptr<Model> model, std::unique_ptr<LlamaDecoder> decoder, const SlotScheduler::Limits& limits,
           std::size_t max_waiting, std::size_t draft_tokens)
      : model_(std::move(model)),
        limits_(limits),
        loop_(std::move(decoder), limits, max_waiting, {.tokens = draft_tokens}) {}

  Result<Id> generate(GenerationRequest request, std::shared_ptr<GenerationSink> sink) override {
    if (auto valid = validate(request.sampling); !valid) return std::unexpected(valid.error());
    auto tokens = prompt_tokens(request);
    if (!tokens) return std::unexpected(tokens.error());
    if (tokens->empty()) return fail(ErrorCode::InvalidArgument, "the prompt is empty");
    if (tokens->size() > limits_.context)
      return fail(
          ErrorCode::InvalidArgument,
          message(
              "the prompt has {} tokens, but the context holds {}; shorten it, or raise the engine's option 'context'",
              tokens->size(), limits_.context));
    return loop_.submit(
        {.prompt = std::move(*tokens), .sampling = std::move(request.sampling), .sink = std::move(sink)});
  }

  void cancel(Id id) override { loop_.cancel(id); }

  Result<std::size_t> count_tokens(const std::string& text) override {
    const auto tokens = model_->tokenize(text);
    if (!tokens) return std::unexpected(tokens.error());
    return tokens->size();
  }

  std::size_t context_tokens() const override { return limits_.context; }
  std::size_t slots() const override { return limits_.slots; }
  Load load() const override { return loop_.load(); }

 private:
  Result<std::vector<Token>> prompt_tokens(const GenerationRequest& request) const {
    if (request.messages.empty()) return model_->tokenize(request.prompt);
    const auto prompt = model_->render(request.messages);
    if (!prompt) return std::unexpected(prompt.error());
    return model_->tokenize(*prompt);
  }

  std::unique_ptr<Model> model_;
  SlotScheduler::Limits limits_;
  StepLoop loop_;  // last: its thread uses the model
};

}  // namespace

Result<std::unique_ptr<LlmEngine>> make_llm(const EngineOptions& given, LogCapture& log) {
  OptionReader reader("llama", given);
  Options options = read(reader);
  if (auto valid = reader.finish(); !valid) return std::unexpected(valid.error());
  auto model = Model::load(options.model, log);
  if (!model) return std::unexpected(model.error());
  LlamaDecoder::Options& d = options.decoder;
  if (d.context > (*model)->trained_context())
    return fail(ErrorCode::InvalidArgument,
                message("llama: option 'context' is {}, but {} was trained for {} tokens; lower it", d.context,
                        (*model)->path(), (*model)->trained_context()));
  if (!(*model)->can_go_back()) d.draft_tokens = 0;
  auto decoder = LlamaDecoder::create(**model, d, log);
  if (!decoder) return std::unexpected(decoder.error());
  return std::make_unique<LlamaLlm>(std::move(*model), std::move(*decoder), limits_of(options), options.max_waiting,
                                    d.draft_tokens);
}

}  // namespace manta::engines::llama
