#include "builtin/llm_request.h"

#include <utility>

namespace manta::builtin {
namespace {

// Tokenizing takes time on the strand, so what cannot fit by far is refused unread.
constexpr std::size_t kMaxBytesPerToken = 256;

}  // namespace

void check_size(const GenerateRequest& request, std::size_t context_tokens) {
  std::size_t bytes = request.prompt.size();
  for (const ChatMessage& message : request.messages) bytes += message.role.size() + message.content.size();
  if (bytes <= context_tokens * kMaxBytesPerToken) return;
  throw Exception({.code = ErrorCode::InvalidArgument,
                   .message = "the prompt has " + std::to_string(bytes) + " bytes, but the context holds " +
                              std::to_string(context_tokens) + " tokens; shorten it",
                   .detail = request.messages.empty() ? "$.prompt" : "$.messages"});
}

engines::GenerationRequest to_engine(GenerateRequest request) {
  engines::GenerationRequest made{.prompt = std::move(request.prompt)};
  for (ChatMessage& message : request.messages)
    made.messages.push_back({std::move(message.role), std::move(message.content)});
  made.sampling = {.max_tokens = request.max_tokens,
                   .temperature = request.temperature,
                   .top_p = request.top_p,
                   .top_k = request.top_k,
                   .min_p = request.min_p,
                   .presence_penalty = request.presence_penalty,
                   .frequency_penalty = request.frequency_penalty,
                   .repeat_penalty = request.repeat_penalty,
                   .seed = request.seed.value_or(0),
                   .has_seed = request.seed.has_value(),
                   .stop = std::move(request.stop),
                   .ignore_eos = request.ignore_eos};
  return made;
}

}  // namespace manta::builtin
