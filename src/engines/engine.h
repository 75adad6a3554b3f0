#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <manta/error.h>

// What a model engine can do, free of serving. An engine is a shared object loaded with dlopen by the one replica that
// uses it (libmanta_onnx.so, libmanta_llama.so, libmanta_sim.so); it exports the C function `manta_engine` of type
// EngineEntry. Calls block and run on compute threads.
namespace manta::engines {

// Row-major floats.
struct Matrix {
  std::size_t rows = 0, columns = 0;
  std::vector<float> values;  // rows * columns
  std::span<const float> row(std::size_t index) const { return {values.data() + index * columns, columns}; }
};

// A text, or a pair of texts, as a model reads it: with special tokens, and cut to max_tokens().
struct Tokens {
  std::vector<std::int64_t> ids;
  std::vector<std::int64_t> types;  // as many: 0 = first text, 1 = second text of a pair
  std::size_t size() const { return ids.size(); }
};

// Text embedding. Thread-safe.
class EmbeddingEngine {
 public:
  virtual ~EmbeddingEngine() = default;
  // Invalid UTF-8 is InvalidArgument.
  virtual Result<std::vector<Tokens>> tokenize(std::span<const std::string> texts) const = 0;
  // One row per input, of unit length when the configuration says normalise. Inputs of about equal length run in one
  // padded batch, so a caller may pass any mix.
  virtual Result<Matrix> embed(std::span<const Tokens> inputs) = 0;
  Result<Matrix> embed_texts(std::span<const std::string> texts) {
    const auto inputs = tokenize(texts);
    if (!inputs) return std::unexpected(inputs.error());
    return embed(*inputs);
  }
  virtual std::size_t dimensions() const = 0;
  virtual std::size_t max_tokens() const = 0;
};

// Cross-encoder scoring of (query, document) pairs. Thread-safe.
class RerankEngine {
 public:
  virtual ~RerankEngine() = default;
  struct Pair {
    std::string query, document;
  };
  // Invalid UTF-8 is InvalidArgument.
  virtual Result<std::vector<Tokens>> tokenize(std::span<const Pair> pairs) const = 0;
  // One score per input, higher is better; the model's logit, not a probability.
  virtual Result<std::vector<float>> score(std::span<const Tokens> inputs) = 0;
  Result<std::vector<float>> score_pairs(std::span<const Pair> pairs) {
    const auto inputs = tokenize(pairs);
    if (!inputs) return std::unexpected(inputs.error());
    return score(*inputs);
  }
  virtual std::size_t max_tokens() const = 0;
};

struct ChatMessage {
  std::string role, content;
};

struct Sampling {
  int max_tokens = 16;       // tokens to generate, at most
  double temperature = 1.0;  // 0 = greedy
  double top_p = 1.0;
  int top_k = 0;  // 0 = off
  double min_p = 0.0;
  double presence_penalty = 0, frequency_penalty = 0, repeat_penalty = 1.0;
  std::uint64_t seed = 0;  // used when has_seed, else drawn
  bool has_seed = false;
  std::vector<std::string> stop;  // held back across token boundaries, never part of the text
  bool ignore_eos = false;
};

enum class FinishReason { Stop, Length, Cancelled, Error };

struct Usage {
  std::size_t prompt_tokens = 0, completion_tokens = 0, cached_tokens = 0;
};

// One generation as it goes on. Called on the engine's own thread; must not block.
class GenerationSink {
 public:
  virtual ~GenerationSink() = default;
  // Complete UTF-8, may be empty. `tokens` generated since the last call.
  virtual void on_text(std::string_view text, std::size_t tokens) = 0;
  // Exactly once, last. `error` is set when reason is Error.
  virtual void on_finish(FinishReason reason, const Usage& usage, const Error* error) = 0;
};

struct GenerationRequest {
  std::string prompt;                 // used when messages is empty
  std::vector<ChatMessage> messages;  // rendered with the model's chat template
  Sampling sampling;
};

// Text generation with continuous batching: one thread of its own runs steps over all sequences.
class LlmEngine {
 public:
  virtual ~LlmEngine() = default;
  using Id = std::uint64_t;
  // Queues the request. InvalidArgument (prompt longer than the context, ...) at once; then the sink is not called. The
  // sink lives until its on_finish has returned, and may be called before this returns.
  virtual Result<Id> generate(GenerationRequest request, std::shared_ptr<GenerationSink> sink) = 0;
  // Frees the sequence within one step; on_finish(Cancelled) follows. Nothing for an id that has ended.
  virtual void cancel(Id id) = 0;
  virtual Result<std::size_t> count_tokens(const std::string& text) = 0;
  virtual std::size_t context_tokens() const = 0;  // per sequence
  virtual std::size_t slots() const = 0;           // sequences that run at once

  struct Load {
    std::size_t running = 0, waiting = 0, kv_tokens_used = 0, kv_tokens_total = 0;
    std::uint64_t steps = 0, prompt_tokens = 0, generated_tokens = 0, cached_tokens = 0;
    std::uint64_t queried_tokens = 0;  // prompt tokens of all requests that got a slot: those that could be cached
    // Speculative decoding: drafts computed, their tokens, and those of them that were right.
    std::uint64_t drafts = 0, drafted_tokens = 0, accepted_tokens = 0;
  };
  virtual Load load() const = 0;
};

// Options by name, as they stand in the configuration; each engine documents its own and refuses unknown ones, naming
// the nearest. Values are text ("4", "true", "/path").
using EngineOptions = std::map<std::string, std::string>;

// One shared object. Null for what it cannot make.
class Engine {
 public:
  virtual ~Engine() = default;
  virtual std::string_view name() const = 0;
  virtual Result<std::unique_ptr<EmbeddingEngine>> make_embedding(const EngineOptions& options) = 0;
  virtual Result<std::unique_ptr<RerankEngine>> make_rerank(const EngineOptions& options) = 0;
  virtual Result<std::unique_ptr<LlmEngine>> make_llm(const EngineOptions& options) = 0;
};

inline constexpr std::uint32_t kEngineAbi = 2;
// extern "C" Engine* manta_engine(std::uint32_t abi): null when abi is not the one it was built for. Never freed.
using EngineEntry = Engine* (*)(std::uint32_t abi);

// Loads libmanta_<name>.so from `directory`. NotFound names the file and how to build or install it. In
// engines/load.cc.
Result<Engine*> load_engine(std::string_view name, const std::string& directory);

}  // namespace manta::engines
