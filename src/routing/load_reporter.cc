#include "routing/load_reporter.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <string>
#include <utility>

#include <manta/detail/json.h>

#include "base/of_seconds.h"
#include "base/task_scope.h"
#include "base/unix_time.h"
#include "net/wire.h"
#include "spec/load_report.h"

namespace manta::routing {

struct LoadReporter::Impl : std::enable_shared_from_this<Impl> {
  using Name = std::pair<std::string, std::string>;  // application, deployment
  struct Entry {
    std::shared_ptr<QueueCount> count;
    Duration interval{};
    std::int64_t told = 0;  // to the controller at the other end of the channel
    TimePoint when{};
  };

  Loop& loop;
  Logger& logger;
  QueueCounts& counts;
  Connect connect;
  const LoadReporterOptions options;
  std::map<Name, Entry> entries;
  std::shared_ptr<net::Channel> channel;
  TimePoint last_sent{};
  Duration back_off{};  // 0: the controller answers
  TimerId timer = 0, keep_alive = 0;
  bool sending = false;
  const bool reports;
  TaskScope tasks;

  Impl(Loop& on, Logger& log, QueueCounts& queues, Connect connector, LoadReporterOptions with)
      : loop(on),
        logger(log),
        counts(queues),
        connect(std::move(connector)),
        options(with),
        reports(queues.watch()->claim()),
        tasks(on) {}
  ~Impl() {
    loop.cancel(timer);
    loop.cancel(keep_alive);
    for (auto& [name, entry] : entries) entry.count->set_watched(false);
    if (reports) counts.watch()->give_up();
  }

  void begin() {
    if (!reports) return;
    counts.watch()->listen([weak = weak_from_this(), on = &loop] {
      on->post([weak] {
        if (const auto self = weak.lock()) self->report_soon();
      });
    });
  }

  void update(const spec::RoutingSnapshot& snapshot) {
    if (!reports) return;
    std::map<Name, Entry> next;
    for (const spec::ReplicaSet& set : snapshot.deployments) {
      if (set.load_report_interval_s <= 0) continue;
      const Name name{set.application, set.deployment};
      const auto known = entries.find(name);
      Entry& entry = next[name];
      if (known != entries.end()) entry = known->second;
      if (!entry.count) entry.count = counts.of(name.first, name.second);
      entry.count->set_watched(true);
      entry.interval = of_seconds(set.load_report_interval_s);
    }
    for (auto& [name, entry] : entries)
      if (!next.contains(name)) entry.count->set_watched(false);
    entries = std::move(next);
    report_soon();
  }

  bool is_due(const Entry& entry) const {
    const std::int64_t value = entry.count->value();
    return value != entry.told || (value > 0 && loop.now() >= entry.when + entry.interval);
  }

  void report_soon() {
    if (sending || timer != 0) return;
    const TimePoint at = std::max(loop.now(), last_sent + std::max(options.pause, back_off));
    timer = loop.at(at, [this] {
      timer = 0;
      report();
    });
  }

  void report() {
    counts.watch()->rearm();
    spec::LoadReport report{.sent_at_s = unix_time_s(), .deployments = {}};
    for (const auto& [name, entry] : entries)
      if (is_due(entry)) report.deployments.push_back({name.first, name.second, entry.count->value()});
    if (report.deployments.empty()) return arm_keep_alive();
    sending = true;
    last_sent = loop.now();
    tasks.spawn(deliver(std::move(report)));
  }

  Task<void> deliver(spec::LoadReport report) {
    if (!channel) open_channel();
    bool arrived = false;
    if (const auto on = channel) {
      net::Request request{.method = "POST",
                           .target = std::string(spec::kLoadPath),
                           .headers = {},
                           .body = detail::to_json(report).value_or("{}")};
      request.headers.add("content-type", net::wire::kJson);
      auto calling = on->call(std::move(request), options.timeout);
      const auto answer = co_await calling;
      arrived = answer && answer->status == 200 && channel == on;
    }
    sending = false;
    arrived ? took(report) : failed();
  }

  void took(const spec::LoadReport& report) {
    back_off = {};
    for (const spec::QueuedRequests& told : report.deployments)
      if (const auto at = entries.find({told.application, told.deployment}); at != entries.end()) {
        at->second.told = told.queued;
        at->second.when = loop.now();
      }
    if (std::ranges::any_of(entries, [this](const auto& entry) { return is_due(entry.second); })) return report_soon();
    arm_keep_alive();
  }

  // The next connection is to somebody who knows nothing yet.
  void failed() {
    channel = nullptr;
    back_off = std::clamp(back_off * 2, options.pause, options.max_back_off);
    for (auto& [name, entry] : entries) entry.told = 0;
    if (std::ranges::any_of(entries, [](const auto& entry) { return entry.second.count->value() > 0; })) report_soon();
  }

  void open_channel() {
    channel = connect();
    if (!channel) return;
    channel->on_state([this, opened = channel.get()](net::Channel::State state) {
      if (state != net::Channel::State::Lost) return;
      loop.post([weak = weak_from_this(), opened] {  // not from inside a callback of it
        const auto self = weak.lock();
        if (self && self->channel.get() == opened && !self->sending) self->failed();
      });
    });
  }

  void arm_keep_alive() {
    loop.cancel(std::exchange(keep_alive, 0));
    std::optional<TimePoint> next;
    for (const auto& [name, entry] : entries)
      if (entry.told > 0) next = std::min(next.value_or(TimePoint::max()), entry.when + entry.interval);
    if (!next) return;
    keep_alive = loop.at(*next, [this] {
      keep_alive = 0;
      report_soon();
    });
  }
};

LoadReporter::LoadReporter(Loop& loop, Logger& logger, QueueCounts& counts, Connect connect,
                           LoadReporterOptions options)
    : impl_(std::make_shared<Impl>(loop, logger, counts, std::move(connect), options)) {
  impl_->begin();
}

LoadReporter::~LoadReporter() = default;

void LoadReporter::update(const spec::RoutingSnapshot& snapshot) { impl_->update(snapshot); }

}  // namespace manta::routing
