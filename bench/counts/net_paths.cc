// The protocols alone: an HTTP/1.1 request and its answer, and a call and an event of one HTTP/2 hop with both its
// ends.
#include <functional>
#include <memory>
#include <string>

#include "base/loop.h"
#include "hot_path.h"
#include "net/channel.h"
#include "net/items.h"
#include "net/server.h"
#include "net/wire.h"
#include "raw_client.h"

namespace manta::counts {
namespace {

void echo(net::ExchangePtr exchange) {
  net::Response response;
  response.headers.add("content-type", net::wire::kJson);
  response.body = std::move(exchange->request().body);
  exchange->respond(std::move(response));
}

// A server of one connection.
struct Server {
  VirtualClock clock;
  Loop loop{clock};
  net::ReceiveBudget budget;
  net::Server server;
  int client_end;

  Server(bool internal, net::Server::Handler handler)
      : server(loop, {.internal = internal}, budget, std::move(handler)) {
    const auto [ours, theirs] = socket_pair();
    client_end = ours;
    server.accept(theirs);
  }
};

// The same with a channel to it.
struct Hop {
  explicit Hop(net::Server::Handler handler) : to(true, std::move(handler)) {
    headers.add("content-type", net::wire::kMsgPack);
    headers.add("accept", net::wire::kMsgPack);
    headers.add(net::wire::kRequestId, "0123456789abcdef0123456789abcdef");
    headers.add(net::wire::kTimeoutMs, "30000");
  }
  std::unique_ptr<net::ClientCall> call() {
    return channel.start({.path = "/echo", .headers = &headers, .body = body}, [this] { ++updates; });
  }

  Server to;
  net::Channel channel{to.loop, to.client_end, {}, to.budget};
  net::Headers headers;
  const std::shared_ptr<const std::string> body = std::make_shared<const std::string>(200, 'x');
  int updates = 0;
};

HotPath http1_request() {
  return {.name = "http1_request", .set_up = [] {
            auto server = std::make_shared<Server>(false, echo);
            auto client = std::make_shared<RawClient>(server->loop, server->client_end);
            return [server, client, request = http_post("/noop", std::string(200, 'x'))] {
              client->send(request);
              client->expect("HTTP/1.1 200 OK\r\n");
            };
          }};
}

HotPath h2_call() {
  return {.name = "h2_call", .set_up = [] {
            return [hop = std::make_shared<Hop>(echo)] {
              const auto call = hop->call();
              hop->to.loop.poll();
              require(call->ended() && call->body().size() == 200, "the call did not end");
            };
          }};
}

HotPath h2_event() {
  return {.name = "h2_event", .set_up = [] {
            auto open = std::make_shared<net::ExchangePtr>();
            auto hop = std::make_shared<Hop>([open](net::ExchangePtr exchange) {
              exchange->start(200, {{"content-type", net::wire::kItems}});
              *open = std::move(exchange);
            });
            std::shared_ptr<net::ClientCall> call = hop->call();
            hop->to.loop.poll();
            std::string item;
            net::append_item(item, "0123456789012345678901234567890123456789");
            return [hop, open, call, item] {
              (*open)->write(item);
              hop->to.loop.poll();
              require(call->take() == item, "the event did not come");
            };
          }};
}

}  // namespace

std::vector<HotPath> net_paths() { return {http1_request(), h2_call(), h2_event()}; }

}  // namespace manta::counts
