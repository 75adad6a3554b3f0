#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace manta::loadgen {

// Cuts server-sent events out of bytes as they come. Only `data` counts; lines of one event are joined.
class EventReader {
 public:
  void add(std::string_view bytes) { buffer_ += bytes; }
  // The data of the next whole event; nothing until there is one. Events without data are passed over.
  std::optional<std::string> next();

 private:
  std::string buffer_;
  std::size_t taken_ = 0;  // of the buffer
};

// What an event of an OpenAI stream says.
struct StreamEvent {
  bool is_done = false;                                 // [DONE]
  bool has_token = false;                               // text, reasoning or a tool call: what a user sees
  std::optional<int> prompt_tokens, completion_tokens;  // of `usage`, if it is there
  std::string error;                                    // the message of an event that is an error
};
StreamEvent read_event(std::string_view data);

}  // namespace manta::loadgen
