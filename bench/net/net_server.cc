// An echo server for wrk, h2load and net_client: net_server ADDRESS [internal]
//   POST /...       the body comes back
//   GET /...        a short text
//   GET /stream/N   N events, one written per loop turn

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>

#include "base/loop.h"
#include "net/server.h"

namespace manta::net {
namespace {

// Writes one event per turn of the loop, as a producer of tokens does.
class EventProducer : public std::enable_shared_from_this<EventProducer> {
 public:
  EventProducer(Loop& loop, ExchangePtr exchange, int count)
      : loop_(loop), exchange_(std::move(exchange)), left_(count) {}

  void start() {
    exchange_->start(200, {{"content-type", "text/event-stream"}});
    next();
  }

 private:
  void next() {
    if (exchange_->closed()) return;
    if (left_-- == 0) return exchange_->finish();
    exchange_->write("data: 123456789012\n\n");
    auto again = [self = shared_from_this()] { self->next(); };
    if (exchange_->queued() > (16 << 10))
      exchange_->when_drained(8 << 10, std::move(again));
    else
      loop_.post(std::move(again));
  }

  Loop& loop_;
  ExchangePtr exchange_;
  int left_;
};

void answer(Loop& loop, ExchangePtr exchange) {
  Request& request = exchange->request();
  if (request.target.starts_with("/stream/")) {
    const int count = std::atoi(request.target.c_str() + 8);
    return std::make_shared<EventProducer>(loop, std::move(exchange), count)->start();
  }
  Response response;
  response.headers.add("content-type", "application/json");
  response.body = request.method == "GET" ? std::string("{\"status\":\"ok\"}") : std::move(request.body);
  exchange->respond(std::move(response));
}

int serve(const std::string& text, bool internal) {
  const auto address = Address::parse(text);
  const auto fd = address ? listen_on(*address) : std::unexpected(address.error());
  if (!fd) {
    std::fprintf(stderr, "%s\n", fd.error().message.c_str());
    return 1;
  }
  SystemClock clock;
  Loop loop(clock);
  ReceiveBudget budget;
  Server server(loop, {.internal = internal}, budget, [&](ExchangePtr exchange) { answer(loop, std::move(exchange)); });
  server.listen(*fd);
  loop.run();
  return 0;
}

}  // namespace
}  // namespace manta::net

int main(int count, char** arguments) {
  std::signal(SIGPIPE, SIG_IGN);
  if (count < 2) return 2;
  return manta::net::serve(arguments[1], count > 2);
}
