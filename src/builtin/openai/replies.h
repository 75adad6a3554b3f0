#pragma once
// What clients get.

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include <boost/describe/class.hpp>

#include <manta/tensor.h>

namespace manta::builtin::openai {

struct ErrorFields {
  std::string message, type;
  std::optional<std::string> param, code;
};
BOOST_DESCRIBE_STRUCT(ErrorFields, (), (message, type, param, code))
struct ErrorReply {
  ErrorFields error;
};
BOOST_DESCRIBE_STRUCT(ErrorReply, (), (error))

struct PromptDetails {
  std::int64_t cached_tokens = 0;
};
BOOST_DESCRIBE_STRUCT(PromptDetails, (), (cached_tokens))
struct Usage {
  std::int64_t prompt_tokens = 0, completion_tokens = 0, total_tokens = 0;
  PromptDetails prompt_tokens_details;
};
BOOST_DESCRIBE_STRUCT(Usage, (), (prompt_tokens, completion_tokens, total_tokens, prompt_tokens_details))

struct ChatText {
  std::string role = "assistant", content;
};
BOOST_DESCRIBE_STRUCT(ChatText, (), (role, content))
struct ChatChoice {
  std::int64_t index = 0;
  ChatText message;
  std::string finish_reason;
};
BOOST_DESCRIBE_STRUCT(ChatChoice, (), (index, message, finish_reason))
struct ChatReply {
  std::string id, object = "chat.completion";
  std::int64_t created = 0;
  std::string model;
  std::vector<ChatChoice> choices;
  Usage usage;
};
BOOST_DESCRIBE_STRUCT(ChatReply, (), (id, object, created, model, choices, usage))

struct TextChoice {
  std::int64_t index = 0;
  std::string text;
  std::optional<std::string> finish_reason;
};
BOOST_DESCRIBE_STRUCT(TextChoice, (), (index, text, finish_reason))
struct CompletionReply {
  std::string id, object = "text_completion";
  std::int64_t created = 0;
  std::string model;
  std::vector<TextChoice> choices;
  Usage usage;
};
BOOST_DESCRIBE_STRUCT(CompletionReply, (), (id, object, created, model, choices, usage))

// Streams. The first delta of a chat has the role, further ones have text.
struct RoleDelta {
  std::string role = "assistant", content;
};
BOOST_DESCRIBE_STRUCT(RoleDelta, (), (role, content))
struct TextDelta {
  std::string content;
};
BOOST_DESCRIBE_STRUCT(TextDelta, (), (content))
struct EmptyDelta {};
BOOST_DESCRIBE_STRUCT(EmptyDelta, (), ())
template <class Delta>
struct DeltaChoice {
  std::int64_t index = 0;
  Delta delta;
  std::optional<std::string> finish_reason;
};
BOOST_DESCRIBE_STRUCT(DeltaChoice<RoleDelta>, (), (index, delta, finish_reason))
BOOST_DESCRIBE_STRUCT(DeltaChoice<TextDelta>, (), (index, delta, finish_reason))
BOOST_DESCRIBE_STRUCT(DeltaChoice<EmptyDelta>, (), (index, delta, finish_reason))
template <class Choice>
struct Chunk {
  std::string id, object;
  std::int64_t created = 0;
  std::string model;
  std::vector<Choice> choices;
};
BOOST_DESCRIBE_STRUCT(Chunk<DeltaChoice<RoleDelta>>, (), (id, object, created, model, choices))
BOOST_DESCRIBE_STRUCT(Chunk<DeltaChoice<TextDelta>>, (), (id, object, created, model, choices))
BOOST_DESCRIBE_STRUCT(Chunk<DeltaChoice<EmptyDelta>>, (), (id, object, created, model, choices))
BOOST_DESCRIBE_STRUCT(Chunk<TextChoice>, (), (id, object, created, model, choices))
// The last chunk of a stream that asked for usage.
struct UsageChunk {
  std::string id, object;
  std::int64_t created = 0;
  std::string model;
  std::vector<EmptyDelta> choices;
  Usage usage;
};
BOOST_DESCRIBE_STRUCT(UsageChunk, (), (id, object, created, model, choices, usage))

struct Model {
  std::string id, object = "model";
  std::int64_t created = 0;
  std::string owned_by = "manta";
};
BOOST_DESCRIBE_STRUCT(Model, (), (id, object, created, owned_by))
struct ModelList {
  std::string object = "list";
  std::vector<Model> data;
};
BOOST_DESCRIBE_STRUCT(ModelList, (), (object, data))

struct Embedding {
  std::string object = "embedding";
  std::int64_t index = 0;
  std::variant<std::vector<float>, Blob> embedding;  // numbers, or base64 of little-endian float32
};
BOOST_DESCRIBE_STRUCT(Embedding, (), (object, index, embedding))
struct EmbeddingUsage {
  std::int64_t prompt_tokens = 0, total_tokens = 0;
};
BOOST_DESCRIBE_STRUCT(EmbeddingUsage, (), (prompt_tokens, total_tokens))
struct EmbeddingList {
  std::string object = "list";
  std::vector<Embedding> data;
  std::string model;
  EmbeddingUsage usage;
};
BOOST_DESCRIBE_STRUCT(EmbeddingList, (), (object, data, model, usage))

struct RankedText {
  std::string text;
};
BOOST_DESCRIBE_STRUCT(RankedText, (), (text))
struct Ranked {
  std::int64_t index = 0;
  double relevance_score = 0;
};
BOOST_DESCRIBE_STRUCT(Ranked, (), (index, relevance_score))
struct RankedWithDocument {
  std::int64_t index = 0;
  double relevance_score = 0;
  RankedText document;
};
BOOST_DESCRIBE_STRUCT(RankedWithDocument, (), (index, relevance_score, document))
template <class Item>
struct RerankReply {
  std::string id, model;
  std::vector<Item> results;
  EmbeddingUsage usage;
};
BOOST_DESCRIBE_STRUCT(RerankReply<Ranked>, (), (id, model, results, usage))
BOOST_DESCRIBE_STRUCT(RerankReply<RankedWithDocument>, (), (id, model, results, usage))

}  // namespace manta::builtin::openai
