#include "loadgen/event_reader.h"

#include <vector>

#include <boost/describe/class.hpp>

#include <manta/detail/json.h>

namespace manta::loadgen {
namespace {

struct StreamDelta {
  std::optional<std::string> content, reasoning_content;
  std::optional<Json> tool_calls;
};
BOOST_DESCRIBE_STRUCT(StreamDelta, (), (content, reasoning_content, tool_calls))
struct StreamChoice {
  std::optional<StreamDelta> delta;
  std::optional<std::string> text;
};
BOOST_DESCRIBE_STRUCT(StreamChoice, (), (delta, text))
struct StreamUsage {
  int prompt_tokens = 0;
  int completion_tokens = 0;
};
BOOST_DESCRIBE_STRUCT(StreamUsage, (), (prompt_tokens, completion_tokens))
struct StreamFailure {
  std::string message;
};
BOOST_DESCRIBE_STRUCT(StreamFailure, (), (message))
struct StreamBody {
  std::vector<StreamChoice> choices;
  std::optional<StreamUsage> usage;
  std::optional<StreamFailure> error;
};
BOOST_DESCRIBE_STRUCT(StreamBody, (), (choices, usage, error))

bool shows_something(const StreamChoice& choice) {
  if (choice.text && !choice.text->empty()) return true;
  if (!choice.delta) return false;
  const StreamDelta& delta = *choice.delta;
  return (delta.content && !delta.content->empty()) || (delta.reasoning_content && !delta.reasoning_content->empty()) ||
         delta.tool_calls;
}

// The next line without its end; nothing until it is whole.
std::optional<std::string_view> line_at(std::string_view buffer, std::size_t at, std::size_t& next) {
  const std::size_t end = buffer.find('\n', at);
  if (end == std::string_view::npos) return std::nullopt;
  next = end + 1;
  std::string_view line = buffer.substr(at, end - at);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

}  // namespace

std::optional<std::string> EventReader::next() {
  std::string data;
  bool has_data = false;
  std::size_t at = taken_;
  while (const auto line = line_at(buffer_, at, at)) {
    if (line->starts_with("data:")) {
      std::string_view value = line->substr(5);
      if (value.starts_with(' ')) value.remove_prefix(1);
      if (has_data) data += '\n';
      data += value;
      has_data = true;
    }
    if (!line->empty()) continue;
    taken_ = at;
    if (has_data) return data;
  }
  buffer_.erase(0, std::exchange(taken_, 0));
  return std::nullopt;
}

StreamEvent read_event(std::string_view data) {
  StreamEvent event;
  if (data == "[DONE]") return {.is_done = true};
  const auto body = detail::from_json<StreamBody>(data, UnknownKeys::Ignore);
  if (!body) return {.has_token = true};  // no OpenAI stream: each event counts
  for (const StreamChoice& choice : body->choices) event.has_token = event.has_token || shows_something(choice);
  if (body->usage) {
    event.prompt_tokens = body->usage->prompt_tokens;
    event.completion_tokens = body->usage->completion_tokens;
  }
  if (body->error) event.error = body->error->message.empty() ? "an error event" : body->error->message;
  return event;
}

}  // namespace manta::loadgen
