#include "ingress/traffic_reporter.h"

#include <string>
#include <utility>

#include <manta/detail/json.h>

#include "net/wire.h"

namespace manta::ingress {

TrafficReporter::TrafficReporter(Loop& loop, Connect connect, TrafficReporterOptions options)
    : loop_(loop), connect_(std::move(connect)), options_(options), tasks_(loop) {}

TrafficReporter::~TrafficReporter() {
  tasks_.cancel_all();
  loop_.cancel(timer_);
}

void TrafficReporter::follow(std::vector<std::shared_ptr<TrafficCounts>> counts) {
  counts_ = std::move(counts);
  arm();
}

void TrafficReporter::arm() {
  if (timer_ != 0 || sending_ || counts_.empty()) return;
  timer_ = loop_.after(options_.period, [this] {
    timer_ = 0;
    report();
    arm();
  });
}

void TrafficReporter::report() {
  spec::TrafficReport report;
  for (const auto& counts : counts_)
    if (spec::RouteFigures figures = counts->take(); !figures.targets.empty())
      report.routes.push_back(std::move(figures));
  if (report.routes.empty()) return;
  sending_ = true;
  tasks_.spawn(deliver(std::move(report)));
}

Task<void> TrafficReporter::deliver(spec::TrafficReport report) {
  if (!channel_) channel_ = connect_();
  bool arrived = false;
  if (channel_) {
    net::Request request{.method = "POST",
                         .target = std::string(spec::kTrafficPath),
                         .headers = {},
                         .body = detail::to_json(report).value_or("{}")};
    request.headers.add("content-type", net::wire::kJson);
    auto calling = channel_->call(std::move(request), options_.timeout);
    const auto answer = co_await calling;
    arrived = answer && answer->status == 200;
  }
  sending_ = false;
  if (!arrived) put_back(report);
  // Not from inside a callback of the channel.
  if (!arrived) loop_.post([lost = std::shared_ptr<net::Channel>(std::move(channel_))] {});
  arm();
}

void TrafficReporter::put_back(const spec::TrafficReport& report) {
  for (const spec::RouteFigures& figures : report.routes)
    for (const auto& counts : counts_)
      if (counts->application() == figures.application && counts->route() == figures.route &&
          counts->stage() == figures.stage)
        counts->put_back(figures);
}

}  // namespace manta::ingress
