#include "ingress/metrics_door.h"

#include <string>
#include <utility>

namespace manta::ingress {

MetricsDoor::MetricsDoor(Loop& loop, MetricsCollector& collector, net::ReceiveBudget& budget)
    : collector_(collector),
      scrapes_(loop),
      server_(loop, {}, budget, [this](net::ExchangePtr exchange) { handle(std::move(exchange)); }) {}

void MetricsDoor::handle(net::ExchangePtr exchange) {
  const net::Request& request = exchange->request();
  const std::string path = request.target.substr(0, request.target.find('?'));
  if (request.method == "GET" && (path == "/metrics" || path == "/-/metrics"))
    scrapes_.spawn(answer(std::move(exchange)));
  else
    exchange->respond({.status = 404, .body = "there is only GET /metrics here\n"});
}

Task<void> MetricsDoor::answer(net::ExchangePtr exchange) {
  net::Response page;
  page.body = co_await collector_.collect();
  page.headers.add("content-type", "text/plain; version=0.0.4; charset=utf-8");
  exchange->respond(std::move(page));
}

}  // namespace manta::ingress
