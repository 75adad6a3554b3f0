#include "routing/subscription.h"

#include <algorithm>
#include <utility>
#include <vector>

#include <manta/detail/json.h>

#include "base/unix_time.h"
#include "net/item_stream.h"

namespace manta::routing {

struct Subscription::Impl {
  Loop& loop;
  Logger& logger;
  HistogramMetric latency_ms;
  Connect connect;
  const SubscriptionOptions options;
  std::vector<Callback> callbacks;
  std::unique_ptr<net::Channel> channel;
  std::unique_ptr<net::ItemStream> stream;
  std::shared_ptr<const spec::RoutingSnapshot> last;
  Duration pause;
  TimerId timer = 0;
  bool connected = false;

  Impl(Loop& on, Metrics& metrics, Logger& log, Connect connector, SubscriptionOptions with)
      : loop(on),
        logger(log),
        latency_ms(metrics.histogram("long_poll_latency_ms",
                                     "From a change at the controller until it was known here, by the clocks of both.",
                                     {{"namespace", "snapshots"}})),
        connect(std::move(connector)),
        options(with),
        pause(with.first_reconnect) {}

  void open() {
    timer = 0;
    channel = connect();
    if (!channel) return open_later();
    stream = std::make_unique<net::ItemStream>(
        *channel, "POST", "/-/subscribe", [this](std::string item) { on_item(item); },
        [this](const std::string& reason) { on_end(reason); });
  }

  void open_later() {
    if (timer != 0) return;
    timer = loop.after(pause, [this] { open(); });
    pause = std::min(pause * 2, options.max_reconnect);
  }

  void on_end(const std::string& reason) {
    if (std::exchange(connected, false))
      logger.warn("controller lost, keeping the last snapshot", {{"reason", reason}});
    // Not from inside a callback of theirs.
    loop.post([gone = std::move(channel), ended = std::move(stream)] {});
    open_later();
  }

  void on_item(const std::string& text) {
    auto next = detail::from_json<spec::RoutingSnapshot>(text, UnknownKeys::Ignore);
    if (!next)
      return logger.error("snapshot not understood", {{"error", next.error().message}, {"at", next.error().detail}});
    pause = options.first_reconnect;
    // The first on a connection may be an old one.
    if (std::exchange(connected, true) && next->published_at_s > 0)
      latency_ms.observe(std::max(0.0, (unix_time_s() - next->published_at_s) * 1000));
    auto known = if_newer(last.get(), std::move(*next));
    if (!known) return;
    last = std::make_shared<spec::RoutingSnapshot>(std::move(*known));
    for (const Callback& callback : callbacks) callback(*last);
  }
};

Subscription::Subscription(Loop& loop, Metrics& metrics, Logger& logger, Connect connect, SubscriptionOptions options)
    : impl_(std::make_unique<Impl>(loop, metrics, logger, std::move(connect), options)) {}

Subscription::~Subscription() { impl_->loop.cancel(impl_->timer); }

void Subscription::on_snapshot(Callback callback) {
  impl_->callbacks.push_back(std::move(callback));
  if (impl_->last) impl_->callbacks.back()(*impl_->last);
}

void Subscription::start() { impl_->open(); }
bool Subscription::connected() const { return impl_->connected; }
const std::shared_ptr<const spec::RoutingSnapshot>& Subscription::snapshot() const { return impl_->last; }

}  // namespace manta::routing
