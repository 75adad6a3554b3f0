// JSON of 512 bytes and MessagePack of 10 KB to structs and back.
#include <cstdint>
#include <string>
#include <vector>

#include <manta/detail/json.h>
#include <manta/detail/msgpack.h>

#include "hot_path.h"

namespace manta::counts {
namespace {

struct Message {
  std::string role, content;
};
BOOST_DESCRIBE_STRUCT(Message, (), (role, content))

struct Chat {
  std::string model;
  std::vector<Message> messages;
  std::int64_t max_tokens = 16;
  double temperature = 1;
  std::vector<std::string> stop;
  bool stream = false;
  std::string user;
};
BOOST_DESCRIBE_STRUCT(Chat, (), (model, messages, max_tokens, temperature, stop, stream, user))

Chat chat(std::size_t messages) {
  Chat value{.model = "tiny-llm-v1",
             .max_tokens = 256,
             .temperature = 0.7,
             .stop = {"\n\n", "###"},
             .stream = true,
             .user = "bench-001"};
  for (std::size_t i = 0; i < messages; ++i)
    value.messages.push_back({"user", "Explain in one sentence what a \"reverse proxy\" does, and why it matters.\n"});
  return value;
}

HotPath read_json() {
  return {.name = "json_read_512B", .runs = 2000, .set_up = [] {
            return [text = detail::to_json(chat(4)).value()] {
              const auto read = detail::from_json<Chat>(text);
              require(read && read->messages.size() == 4, "the JSON was not read");
            };
          }};
}

HotPath write_json() {
  return {.name = "json_write_512B", .runs = 2000, .set_up = [] {
            return [value = chat(4)] {
              const auto written = detail::to_json(value);
              require(written && written->size() > 500, "the JSON was not written");
            };
          }};
}

HotPath read_msgpack() {
  return {.name = "msgpack_read_10KB", .runs = 500, .set_up = [] {
            return [bytes = detail::to_msgpack(chat(100)).value()] {
              const auto read = detail::from_msgpack<Chat>(bytes);
              require(read && read->messages.size() == 100, "the MessagePack was not read");
            };
          }};
}

HotPath write_msgpack() {
  return {.name = "msgpack_write_10KB", .runs = 500, .set_up = [] {
            return [value = chat(100)] {
              const auto written = detail::to_msgpack(value);
              require(written && written->size() > 9'000, "the MessagePack was not written");
            };
          }};
}

}  // namespace

std::vector<HotPath> codec_paths() { return {read_json(), write_json(), read_msgpack(), write_msgpack()}; }

}  // namespace manta::counts
