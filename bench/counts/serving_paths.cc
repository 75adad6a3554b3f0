// A request from the public door to a replica and back, alone and through a handle, and events on the same ways.
#include <memory>
#include <string>
#include <utility>

#include <manta/manta.h>

#include "hot_path.h"
#include "turnstile.h"
#include "whole_instance.h"

namespace manta::counts {
namespace {

struct Payload {
  std::string data;
};
BOOST_DESCRIBE_STRUCT(Payload, (), (data))

struct Event {
  int index = 0;
  std::string delta, finish_reason;
};
BOOST_DESCRIBE_STRUCT(Event, (), (index, delta, finish_reason))

class Echo {
 public:
  Task<Payload> echo(Payload payload) { co_return payload; }

  Task<void> events(int, Writer<Event> out) {
    for (int index = 0;;) {
      const int count = co_await Turnstile::instance().pass();
      for (int i = 0; i < count; ++i) {
        Event event{.index = index++ % 1000, .delta = " word", .finish_reason = ""};
        co_await out.write(std::move(event));
      }
    }
  }

  using methods = Methods<&Echo::echo, &Echo::events>;
};

class Front {
 public:
  explicit Front(Handle<Echo> echo) : echo_(std::move(echo)) {}

  Task<Payload> call(Payload payload) {
    auto response = echo_.call<&Echo::echo>(std::move(payload));
    co_return co_await response;
  }

  Task<void> events(int count, Writer<Event> out) {
    auto events = echo_.stream<&Echo::events>(count);
    for (;;) {
      auto event = co_await events.next();
      if (!event) co_return;
      co_await out.write(std::move(*event));
    }
  }

  using methods = Methods<&Front::call, &Front::events>;

 private:
  Handle<Echo> echo_;
};

Application lone() { return {.name = "lone", .ingress = manta::bind<Echo>()}; }
Application composed() { return {.name = "composed", .ingress = manta::bind<Front>(manta::bind<Echo>())}; }

HotPath request(std::string name, Application (*build)(), std::string target, std::size_t size) {
  return {.name = std::move(name), .runs = 500, .set_up = [=] {
            auto instance = std::make_shared<WholeInstance>(build());
            const auto client = std::shared_ptr<RawClient>(instance->client());
            const std::string text = http_post(target, R"({"data":")" + std::string(size, 'x') + R"("})");
            return [instance, client, text] {
              client->send(text);
              client->expect("HTTP/1.1 200 OK\r\n");
            };
          }};
}

// `at_once` events are written in one turn of the producer.
HotPath events(std::string name, Application (*build)(), int at_once) {
  return {.name = std::move(name), .runs = 500, .operations = at_once, .set_up = [=] {
            auto instance = std::make_shared<WholeInstance>(build());
            const auto client = std::shared_ptr<RawClient>(instance->client());
            client->send(
                "POST /app/events HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n"
                "Content-Type: application/json\r\nContent-Length: 3\r\n\r\n[1]");
            instance->loop().poll();
            return [instance, client, at_once] {
              Turnstile::instance().release(at_once);
              client->expect("data: {\"index\":");
            };
          }};
}

}  // namespace

std::vector<HotPath> serving_paths() {
  return {request("proxy_request_200B", &lone, "/app/echo", 180),
          request("composition_10KB", &composed, "/app/call", 10'230), events("event", &lone, 1),
          events("composed_event", &composed, 1), events("composed_event_of_16", &composed, 16)};
}

}  // namespace manta::counts
