#pragma once
// What clients send. Every field is optional in the type, as clients send explicit nulls; endpoint code says what is
// required.

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include <boost/describe/class.hpp>

#include <manta/builtin/llm.h>

namespace manta::builtin::openai {

struct ContentPart {
  std::string type = "text";
  std::string text;
};
BOOST_DESCRIBE_STRUCT(ContentPart, (), (type, text))

struct Message {
  std::string role;
  std::variant<std::monostate, std::string, std::vector<ContentPart>> content;
};
BOOST_DESCRIBE_STRUCT(Message, (), (role, content))

struct StreamOptions {
  std::optional<bool> include_usage;
};
BOOST_DESCRIBE_STRUCT(StreamOptions, (), (include_usage))

// What chat and completions have in common.
struct SamplingFields {
  std::optional<std::string> model;
  std::optional<std::int64_t> max_tokens, max_completion_tokens;
  std::optional<double> temperature, top_p, min_p, presence_penalty, frequency_penalty, repeat_penalty;
  std::optional<std::int64_t> top_k, n;
  std::optional<std::int64_t> seed;
  std::variant<std::monostate, std::string, std::vector<std::string>> stop;
  std::optional<bool> stream, ignore_eos;
  std::optional<StreamOptions> stream_options;
};
BOOST_DESCRIBE_STRUCT(SamplingFields, (),
                      (model, max_tokens, max_completion_tokens, temperature, top_p, min_p, presence_penalty,
                       frequency_penalty, repeat_penalty, top_k, n, seed, stop, stream, ignore_eos, stream_options))

struct ChatRequest : SamplingFields {
  std::optional<std::vector<Message>> messages;
};
BOOST_DESCRIBE_STRUCT(ChatRequest, (SamplingFields), (messages))

struct CompletionRequest : SamplingFields {
  std::variant<std::monostate, std::string, std::vector<std::string>> prompt;
  std::optional<bool> echo;
};
BOOST_DESCRIBE_STRUCT(CompletionRequest, (SamplingFields), (prompt, echo))

struct EmbeddingsRequest {
  std::optional<std::string> model, encoding_format;
  std::variant<std::monostate, std::string, std::vector<std::string>> input;
  std::optional<std::int64_t> dimensions;
};
BOOST_DESCRIBE_STRUCT(EmbeddingsRequest, (), (model, encoding_format, input, dimensions))

struct DocumentObject {
  std::string text;
};
BOOST_DESCRIBE_STRUCT(DocumentObject, (), (text))

struct RerankBody {
  std::optional<std::string> model, query;
  std::optional<std::vector<std::variant<std::string, DocumentObject>>> documents;
  std::optional<std::vector<std::string>> texts;
  std::optional<std::int64_t> top_n;
  std::optional<bool> return_documents;
};
BOOST_DESCRIBE_STRUCT(RerankBody, (), (model, query, documents, texts, top_n, return_documents))

// The generation that a request asks for, or InvalidArgument whose detail is the field.
Result<GenerateRequest> to_generation(const SamplingFields& fields, int default_max_tokens);
Result<GenerateRequest> to_generation(ChatRequest request);
// One per prompt.
Result<std::vector<GenerateRequest>> to_generations(const CompletionRequest& request);
bool wants_usage(const SamplingFields& fields);

}  // namespace manta::builtin::openai
