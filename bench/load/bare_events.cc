// What a bare server pays for events: bare_events PORT EVENTS PAUSE_MS
// Answers every request on PORT of 127.0.0.1 with EVENTS server-sent events in chunks of their own, of the size that
// the application `source` sends, with a pause between two.

#include <string_view>

#include "load/event_server.h"

namespace {

constexpr std::string_view kHead =
    "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";
constexpr std::string_view kEvent = "37\r\ndata: {\"index\":10,\"delta\":\" word\",\"finish_reason\":\"\"}\n\n\r\n";
static_assert(kEvent.size() == 4 + 0x37 + 2);

}  // namespace

int main(int count, char** arguments) {
  if (count < 4) return 2;
  const std::chrono::milliseconds pause(std::atoi(arguments[3]));
  const int events = std::atoi(arguments[2]);
  manta::bench::EventServer(std::atoi(arguments[1]), pause, [events](std::string_view) {
    return manta::bench::Answer{.head = kHead, .event = kEvent, .tail = "0\r\n\r\n", .events = events};
  }).run();
}
