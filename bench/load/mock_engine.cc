// An engine with an OpenAI API that takes next to no time, for what stands in front of it: mock_engine PORT TOKENS
// PAUSE_MS A GET is answered with a list of one model, a POST with a whole completion, and one that asks for a stream
// with TOKENS events, each by a send() of its own, PAUSE_MS apart.

#include <string>
#include <string_view>

#include "load/event_server.h"

namespace manta::bench {
namespace {

std::string whole(std::string_view body) {
  return "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: " + std::to_string(body.size()) +
         "\r\n\r\n" + std::string(body);
}

std::string chunk(std::string_view bytes) {
  char size[20];
  std::snprintf(size, sizeof size, "%zx\r\n", bytes.size());
  return size + std::string(bytes) + "\r\n";
}

// Tells the routers what they ask of an engine before they send anything to it.
const std::string kAbout =
    whole(R"({"object":"list","data":[{"id":"mock","object":"model","created":1,"owned_by":"bench"}],"status":"ok",)"
          R"("model_path":"mock","served_model_name":"mock","is_generation":true,"version":"0","dp_size":1})");
const std::string kCompletion = whole(
    R"({"id":"chatcmpl-1","object":"chat.completion","created":1,"model":"mock","choices":[{"index":0,"message":)"
    R"({"role":"assistant","content":" word word word word word word word word word word"},"finish_reason":"length"}],)"
    R"("usage":{"prompt_tokens":20,"completion_tokens":10,"total_tokens":30}})");
const std::string kToken = chunk(
    "data: {\"id\":\"chatcmpl-1\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"mock\",\"choices\":"
    "[{\"index\":0,\"delta\":{\"content\":\" word\"},\"finish_reason\":null}]}\n\n");
const std::string kEnd = chunk("data: [DONE]\n\n") + "0\r\n\r\n";
constexpr std::string_view kStream =
    "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";

bool asks_for_stream(std::string_view request) {
  return request.find("\"stream\":true") != std::string_view::npos ||
         request.find("\"stream\": true") != std::string_view::npos;
}

}  // namespace
}  // namespace manta::bench

int main(int count, char** arguments) {
  using namespace manta::bench;
  if (count < 4) return 2;
  const int tokens = std::atoi(arguments[2]);
  const std::chrono::milliseconds pause(std::atoi(arguments[3]));
  EventServer(std::atoi(arguments[1]), pause, [tokens](std::string_view request) -> Answer {
    if (!request.starts_with("POST ")) return {.head = kAbout};
    if (!asks_for_stream(request)) return {.head = kCompletion};
    return {.head = kStream, .event = kToken, .tail = kEnd, .events = tokens};
  }).run();
}
