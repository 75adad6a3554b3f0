#include "builtin/openai/requests.h"

#include <charconv>
#include <type_traits>

namespace manta::builtin::openai {
namespace {

// Numbers in their shortest exact form.
std::string shown(const auto& part) {
  if constexpr (std::is_arithmetic_v<std::remove_cvref_t<decltype(part)>>) {
    char digits[32];
    return {digits, std::to_chars(digits, digits + sizeof digits, part).ptr};
  } else {
    return std::string(part);
  }
}

std::string join(const auto&... parts) { return (shown(parts) + ...); }

Result<void> in_range(std::string_view field, double value, double low, double high) {
  if (value >= low && value <= high) return {};
  return fail(ErrorCode::InvalidArgument, join("'", field, "' is ", value, ", but must be from ", low, " to ", high),
              std::string(field));
}

// Sets `target` from a number that was given, if it lies in the range.
template <class Target, class Number>
Result<void> assign(std::string_view field, const std::optional<Number>& given, double low, double high,
                    Target& target) {
  if (!given) return {};
  if (auto fits = in_range(field, static_cast<double>(*given), low, high); !fits) return fits;
  target = static_cast<Target>(*given);
  return {};
}

std::vector<std::string> strings(const std::variant<std::monostate, std::string, std::vector<std::string>>& value) {
  if (const auto* one = std::get_if<std::string>(&value)) return {*one};
  if (const auto* many = std::get_if<std::vector<std::string>>(&value)) return *many;
  return {};
}

// A single text is taken.
Result<std::string> text_of(Message& message, std::size_t index) {
  if (auto* text = std::get_if<std::string>(&message.content)) return std::move(*text);
  const std::string place = join("messages[", index, "].content");
  std::string joined;
  if (const auto* parts = std::get_if<std::vector<ContentPart>>(&message.content)) {
    for (const ContentPart& part : *parts) {
      if (part.type != "text")
        return fail(ErrorCode::InvalidArgument, join("content of type '", part.type, "' is not supported; send text"),
                    place);
      joined += part.text;
    }
  } else if (message.role != "assistant") {  // one that called tools has said nothing
    return fail(ErrorCode::InvalidArgument, join("'", place, "' is missing or null; send text"), place);
  }
  return joined;
}

}  // namespace

bool wants_usage(const SamplingFields& fields) {
  return fields.stream_options && fields.stream_options->include_usage.value_or(false);
}

Result<GenerateRequest> to_generation(const SamplingFields& fields, int default_max_tokens) {
  GenerateRequest made{.max_tokens = default_max_tokens};
  const auto& max_tokens = fields.max_completion_tokens ? fields.max_completion_tokens : fields.max_tokens;
  int choices = 1;
  for (const Result<void>& checked :
       {assign("max_tokens", max_tokens, 1, 1 << 20, made.max_tokens), assign("n", fields.n, 1, 1, choices),
        assign("temperature", fields.temperature, 0, 2, made.temperature),
        assign("top_p", fields.top_p, 0, 1, made.top_p), assign("min_p", fields.min_p, 0, 1, made.min_p),
        assign("top_k", fields.top_k, -1, 1 << 20, made.top_k),
        assign("presence_penalty", fields.presence_penalty, -2, 2, made.presence_penalty),
        assign("frequency_penalty", fields.frequency_penalty, -2, 2, made.frequency_penalty),
        assign("repeat_penalty", fields.repeat_penalty, 0, 10, made.repeat_penalty)})
    if (!checked) return std::unexpected(checked.error());
  if (made.top_k < 0) made.top_k = 0;
  if (fields.seed) made.seed = static_cast<std::uint64_t>(*fields.seed);
  made.stop = strings(fields.stop);
  if (made.stop.size() > 16) return fail(ErrorCode::InvalidArgument, "'stop' has more than 16 strings", "stop");
  made.ignore_eos = fields.ignore_eos.value_or(false);
  return made;
}

Result<GenerateRequest> to_generation(ChatRequest request) {
  if (!request.messages || request.messages->empty())
    return fail(ErrorCode::InvalidArgument, "'messages' is missing or empty; send at least one message", "messages");
  Result<GenerateRequest> made = to_generation(static_cast<const SamplingFields&>(request), 256);
  if (!made) return made;
  made->messages.reserve(request.messages->size());
  for (std::size_t i = 0; i < request.messages->size(); ++i) {
    Message& message = (*request.messages)[i];
    if (message.role.empty())
      return fail(ErrorCode::InvalidArgument, join("messages[", i, "] has no 'role'"), join("messages[", i, "].role"));
    Result<std::string> text = text_of(message, i);
    if (!text) return std::unexpected(text.error());
    made->messages.push_back({std::move(message.role), std::move(*text)});
  }
  return made;
}

Result<std::vector<GenerateRequest>> to_generations(const CompletionRequest& request) {
  const std::vector<std::string> prompts = strings(request.prompt);
  if (prompts.empty())
    return fail(ErrorCode::InvalidArgument, "'prompt' is missing; send a string or a list of strings", "prompt");
  if (prompts.size() > 64) return fail(ErrorCode::InvalidArgument, "'prompt' has more than 64 strings", "prompt");
  if (request.stream.value_or(false) && prompts.size() > 1)
    return fail(ErrorCode::InvalidArgument, "a streamed completion takes one prompt; send several requests", "prompt");
  std::vector<GenerateRequest> made;
  for (const std::string& prompt : prompts) {
    Result<GenerateRequest> one = to_generation(static_cast<const SamplingFields&>(request), 16);
    if (!one) return std::unexpected(one.error());
    one->prompt = prompt;
    made.push_back(std::move(*one));
  }
  return made;
}

}  // namespace manta::builtin::openai
