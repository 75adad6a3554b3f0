#include "routing/subscription.h"

#include <algorithm>
#include <utility>
#include <vector>

#include <manta/detail/json.h>

#include "base/unix_time.h"
#include "net/item_stream.h"
#include "routing/followed_snapshot.h"

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
  FollowedSnapshot followed;
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
    followed.stream_ended();
    stream.reset();
    loop.post([gone = std::move(channel)] {});  // not from inside a callback of it
    open_later();
  }

  // What an item said that is missed is missing from then on: the next stream says all of it.
  void on_item(const std::string& text) {
    const auto item = detail::from_json<spec::RoutingChange>(text, UnknownKeys::Ignore);
    if (!item) {
      logger.error("routes not understood", {{"error", item.error().message}, {"at", item.error().detail}});
      return on_end("an item that is not understood");
    }
    const FollowedSnapshot::Step step = followed.take(*item);
    if (step == FollowedSnapshot::Step::Lost) return on_end("an item that does not follow on the one before");
    if (!item->complete) return;
    pause = options.first_reconnect;
    // The first on a connection may be an old one.
    if (std::exchange(connected, true) && item->published_at_s > 0)
      latency_ms.observe(std::max(0.0, (unix_time_s() - item->published_at_s) * 1000));
    if (step == FollowedSnapshot::Step::Nothing) return;
    const auto news = followed.snapshot();
    for (const Callback& callback : callbacks) callback(*news);
  }
};

Subscription::Subscription(Loop& loop, Metrics& metrics, Logger& logger, Connect connect, SubscriptionOptions options)
    : impl_(std::make_unique<Impl>(loop, metrics, logger, std::move(connect), options)) {}

Subscription::~Subscription() { impl_->loop.cancel(impl_->timer); }

void Subscription::on_snapshot(Callback callback) {
  impl_->callbacks.push_back(std::move(callback));
  if (const auto& known = impl_->followed.snapshot()) impl_->callbacks.back()(*known);
}

void Subscription::start() { impl_->open(); }
bool Subscription::connected() const { return impl_->connected; }
const std::shared_ptr<const spec::RoutingSnapshot>& Subscription::snapshot() const {
  return impl_->followed.snapshot();
}

}  // namespace manta::routing
