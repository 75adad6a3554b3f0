#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <manta/deployment.h>
#include <manta/task.h>

namespace manta::builtin {

// How a language model deployment is made; `args` of builtin:llm.
struct LlmOptions {
  std::string model;             // a .gguf file, or a folder with one
  std::string id;                // name in the OpenAI endpoints; default: the folder's or file's name
  std::string engine = "llama";  // "llama", or "sim" for tests
  int context = 2048;            // tokens of one sequence: prompt and answer together
  int slots = 4;                 // sequences that run at once; further requests wait
  int threads = 1;               // of each step
  bool prefix_cache = true;      // keep the state of finished prompts for those that begin alike
  std::map<std::string, std::string> engine_options;  // further options of the engine by name
};
BOOST_DESCRIBE_STRUCT(LlmOptions, (), (model, id, engine, context, slots, threads, prefix_cache, engine_options))

struct ChatMessage {
  std::string role;  // "system", "user", "assistant"
  std::string content;
  bool operator==(const ChatMessage&) const = default;
};
BOOST_DESCRIBE_STRUCT(ChatMessage, (), (role, content))

struct GenerateRequest {
  static constexpr bool kOmitsInitial = true;
  std::string prompt;                 // used when messages is empty
  std::vector<ChatMessage> messages;  // rendered with the model's chat template
  int max_tokens = 128;
  double temperature = 0.7;  // 0 = always the likeliest token
  double top_p = 0.9;
  int top_k = 40;  // 0 = off
  double min_p = 0.05;
  double presence_penalty = 0, frequency_penalty = 0, repeat_penalty = 1.0;
  std::optional<std::uint64_t> seed;
  std::vector<std::string> stop;  // never part of the text
  bool ignore_eos = false;
};
BOOST_DESCRIBE_STRUCT(GenerateRequest, (),
                      (prompt, messages, max_tokens, temperature, top_p, top_k, min_p, presence_penalty,
                       frequency_penalty, repeat_penalty, seed, stop, ignore_eos))

struct TokenUsage {
  std::int64_t prompt_tokens = 0, completion_tokens = 0, cached_tokens = 0;
  bool operator==(const TokenUsage&) const = default;
};
BOOST_DESCRIBE_STRUCT(TokenUsage, (), (prompt_tokens, completion_tokens, cached_tokens))

struct Generation {
  std::string text;
  std::string finish_reason;  // "stop", "length"
  TokenUsage usage;
};
BOOST_DESCRIBE_STRUCT(Generation, (), (text, finish_reason, usage))

// One piece of a streamed generation. The last one has a finish_reason and the usage.
struct GenerationChunk {
  static constexpr bool kOmitsInitial = true;
  std::string text;
  std::string finish_reason;
  TokenUsage usage;
};
BOOST_DESCRIBE_STRUCT(GenerationChunk, (), (text, finish_reason, usage))

struct ModelCard {
  std::string id;
  std::int64_t created = 0;         // Unix time of the load
  std::int64_t context_tokens = 0;  // of one sequence
};
BOOST_DESCRIBE_STRUCT(ModelCard, (), (id, created, context_tokens))

// Generates text. Requests share the steps of one engine (continuous batching). Dropping a request frees its sequence
// within one step.
class Llm {
 public:
  explicit Llm(LlmOptions options);  // loads the model; throws with the file and the remedy when it cannot
  ~Llm();

  Task<Generation> generate(GenerateRequest request);
  Task<void> stream(GenerateRequest request, Writer<GenerationChunk> out);
  Task<std::int64_t> count_tokens(std::string text);
  Task<ModelCard> card();
  std::string model_version() const;

  using methods = Methods<idempotent<&Llm::generate>, idempotent<&Llm::stream>, idempotent<&Llm::count_tokens>,
                          idempotent<&Llm::card>>;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace manta::builtin
