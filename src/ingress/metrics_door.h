#pragma once

#include "base/loop.h"
#include "base/task_scope.h"
#include "ingress/metrics_collector.h"
#include "net/exchange.h"
#include "net/receive_budget.h"
#include "net/server.h"

namespace manta::ingress {

// A port of its own for those who scrape: GET /metrics (and /-/metrics) is what the public port shows under /-/metrics,
// anything else is 404. Loop-confined.
class MetricsDoor {
 public:
  MetricsDoor(Loop& loop, MetricsCollector& collector, net::ReceiveBudget& budget);
  void listen(int fd) { server_.listen(fd); }  // takes it

 private:
  void handle(net::ExchangePtr exchange);
  Task<void> answer(net::ExchangePtr exchange);

  MetricsCollector& collector_;
  TaskScope scrapes_;
  net::Server server_;
};

}  // namespace manta::ingress
