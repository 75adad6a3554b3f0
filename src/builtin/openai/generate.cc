// The two generating endpoints, whole and streamed.
#include <manta/detail/json_text.h>

#include "builtin/openai/answer.h"
#include "builtin/openai/endpoints.h"
#include "builtin/openai/requests.h"

namespace manta::builtin::openai {
namespace {

Usage to_usage(const TokenUsage& usage) {
  return {.prompt_tokens = usage.prompt_tokens,
          .completion_tokens = usage.completion_tokens,
          .total_tokens = usage.prompt_tokens + usage.completion_tokens,
          .prompt_tokens_details = {usage.cached_tokens}};
}

// The events of one request that differ in their text alone, cut out of one of them whose text is empty.
class TextEvents {
 public:
  // `field` is the one with the text: unescaped, and so what it is, wherever else its name stands.
  TextEvents(std::string event_without_text, std::string_view field) : before_(std::move(event_without_text)) {
    const std::string empty = "\"" + std::string(field) + "\":\"\"";
    const std::size_t at = before_.find(empty) + empty.size();
    after_ = before_.substr(at);
    before_.resize(at - 2);
  }
  // InvalidArgument, and `events` as it was, for text that is not UTF-8.
  Result<void> append(std::string& events, const std::string& text) const {
    if (events.capacity() < kUsual) events.reserve(kUsual);
    detail::GrowingText out(std::move(events));
    const std::size_t before = out.size();
    out.append(before_);
    const bool is_text = detail::append_json_string(out, text);
    if (is_text)
      out.append(after_);
    else
      out.cut_to(before);
    events = out.take();
    if (is_text) return {};
    std::string nothing;
    return detail::append_json(nothing, text);  // says what is wrong
  }

 private:
  static constexpr std::size_t kUsual = 1000;  // bytes of a few events

  std::string before_, after_;
};

// What every chunk and reply of one request begins with.
struct Head {
  std::string id;
  std::string_view object;  // of a chunk
  std::string model;
  std::int64_t created = 0;

  template <class Choice>
  std::string chunk(Choice choice) const {
    return json_event(Chunk<Choice>{
        .id = id, .object = std::string(object), .created = created, .model = model, .choices = {std::move(choice)}});
  }
  std::string usage_chunk(const TokenUsage& usage) const {
    return json_event(UsageChunk{
        .id = id, .object = std::string(object), .created = created, .model = model, .usage = to_usage(usage)});
  }
};

// How the two endpoints write a stream.
struct ChatFormat {
  static std::string open(const Head& head) { return head.chunk(DeltaChoice<RoleDelta>{}); }
  static TextEvents texts(const Head& head) { return {head.chunk(DeltaChoice<TextDelta>{}), "content"}; }
  static std::string close(const Head& head, std::string reason) {
    return head.chunk(DeltaChoice<EmptyDelta>{.finish_reason = std::move(reason)});
  }
};
struct TextFormat {
  static std::string open(const Head&) { return {}; }
  static TextEvents texts(const Head& head) { return {head.chunk(TextChoice{}), "text"}; }
  static std::string close(const Head& head, std::string reason) {
    return head.chunk(TextChoice{.finish_reason = std::move(reason)});
  }
};

template <class Format>
Result<void> append_events(std::string& events, const Head& head, const TextEvents& texts, const GenerationChunk& chunk,
                           bool wants_usage) {
  if (!chunk.text.empty())
    if (auto written = texts.append(events, chunk.text); !written) return written;
  if (chunk.finish_reason.empty()) return {};
  events += Format::close(head, chunk.finish_reason);
  if (wants_usage) events += head.usage_chunk(chunk.usage);
  events += event("[DONE]");
  return {};
}

// An error before the first chunk is thrown, and answered with its status; one in the middle ends the stream with an
// error event. Chunks that are here together share a write; none waits for one that is not.
template <class Format>
Task<void> stream(Handle<Llm> llm, GenerateRequest request, Head head, bool wants_usage, HttpWriter out) {
  auto chunks = llm.stream<&Llm::stream>(std::move(request));
  std::optional<GenerationChunk> chunk = co_await chunks.next();
  HttpHeaders headers{{"content-type", "text/event-stream"}, {"cache-control", "no-cache"}};
  co_await out.start(200, std::move(headers));
  std::string events = Format::open(head);
  const TextEvents texts = Format::texts(head);
  std::optional<Error> failed;
  while (chunk) {
    if (auto written = append_events<Format>(events, head, texts, *chunk, wants_usage); !written) {
      failed = std::move(written.error());
      break;
    }
    if (!events.empty() && !chunks.ready()) {
      if (out.try_write(events))
        events.clear();
      else
        co_await out.write(std::exchange(events, {}));
    }
    try {
      chunk = co_await chunks.next();
    } catch (const Exception& exception) {
      failed = exception.error();
      chunk.reset();
    }
  }
  if (failed) events += event(error_json(*failed));
  if (!events.empty()) co_await out.write(std::move(events));
}

constexpr std::size_t kAroundText = 512;  // bytes of a reply with a usual name of the model, and a few escapes

std::int64_t unix_time() { return std::time(nullptr); }

}  // namespace

Task<std::optional<HttpResponse>> chat(const Endpoints& endpoints, std::string body, HttpWriter out) {
  auto request = value_or_throw(endpoints.parse<ChatRequest>("chat/completions", body));
  const std::size_t model = value_or_throw(endpoints.llm(request.model));
  const bool streams = request.stream.value_or(false), with_usage = wants_usage(request);
  auto generation = value_or_throw(to_generation(std::move(request)));
  Head head{.id = new_id("chatcmpl-"),
            .object = "chat.completion.chunk",
            .model = endpoints.models.llms[model],
            .created = unix_time()};
  if (streams) {
    auto streaming = stream<ChatFormat>(endpoints.llms[model], std::move(generation), std::move(head), with_usage, out);
    co_await streaming;
    co_return std::nullopt;
  }
  auto response = endpoints.llms[model].call<&Llm::generate>(std::move(generation));
  Generation done = co_await response;
  ChatReply reply{
      .id = std::move(head.id), .created = head.created, .model = std::move(head.model), .usage = to_usage(done.usage)};
  reply.choices.push_back(
      {.message = {.content = std::move(done.text)}, .finish_reason = std::move(done.finish_reason)});
  std::string json;
  json.reserve(kAroundText + reply.choices.front().message.content.size());
  value_or_throw(detail::append_json(json, reply));
  co_return HttpResponse::json(std::move(json));
}

Task<std::optional<HttpResponse>> complete(const Endpoints& endpoints, std::string body, HttpWriter out) {
  const auto request = value_or_throw(endpoints.parse<CompletionRequest>("completions", body));
  const std::size_t model = value_or_throw(endpoints.llm(request.model));
  auto generations = value_or_throw(to_generations(request));
  Head head{.id = new_id("cmpl-"),
            .object = "text_completion",
            .model = endpoints.models.llms[model],
            .created = unix_time()};
  if (request.stream.value_or(false)) {
    auto streaming = stream<TextFormat>(endpoints.llms[model], std::move(generations.front()), std::move(head),
                                        wants_usage(request), out);
    co_await streaming;
    co_return std::nullopt;
  }
  std::vector<std::string> prompts;
  std::vector<Response<Generation>> responses;
  for (GenerateRequest& generation : generations) {
    prompts.push_back(request.echo.value_or(false) ? generation.prompt : std::string());
    responses.push_back(endpoints.llms[model].call<&Llm::generate>(std::move(generation)));
  }
  TokenUsage usage;
  CompletionReply reply{.id = head.id, .created = head.created, .model = head.model};
  for (std::size_t i = 0; i < responses.size(); ++i) {
    Generation done = co_await responses[i];
    reply.choices.push_back(
        {.index = static_cast<std::int64_t>(i), .text = prompts[i] + done.text, .finish_reason = done.finish_reason});
    usage.prompt_tokens += done.usage.prompt_tokens;
    usage.completion_tokens += done.usage.completion_tokens;
    usage.cached_tokens += done.usage.cached_tokens;
  }
  reply.usage = to_usage(usage);
  co_return HttpResponse::json(value_or_throw(detail::to_json(reply)));
}

}  // namespace manta::builtin::openai
