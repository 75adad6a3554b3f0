#include "ingress/metrics_collector.h"

#include <coroutine>
#include <set>
#include <utility>

#include "ingress/metric_aliases.h"
#include "net/wire.h"

namespace manta::ingress {

// One scrape: how many answers are awaited, and who waits for them.
struct MetricsCollector::Gathering {
  std::size_t awaited = 0;
  detail::Resumption waiting;

  void one_less() {
    if (--awaited == 0) waiting.resume();
  }
};

namespace {

template <class Gathering>
struct AllAnswered {
  Gathering& gathering;
  bool await_ready() const { return gathering.awaited == 0; }
  void await_suspend(std::coroutine_handle<> waiting) { gathering.waiting = detail::Resumption(waiting); }
  void await_resume() const {}
  ~AllAnswered() { gathering.waiting.forget(); }
};

}  // namespace

MetricsCollector::MetricsCollector(Loop& loop, const Metrics& own, Connect connect, std::vector<std::string> processes)
    : own_(own), connect_(std::move(connect)), processes_(std::move(processes)), calls_(loop) {
  for (const auto& address : processes_) sources_[address];
}

void MetricsCollector::update(const spec::RoutingSnapshot& snapshot) {
  std::set<std::string> known(processes_.begin(), processes_.end());
  for (const auto& set : snapshot.deployments)
    for (const auto& replica : set.replicas) known.insert(replica.address);
  std::erase_if(sources_, [&](const auto& source) { return !known.contains(source.first) && !source.second.asked; });
  for (const auto& address : known) sources_[address];
}

MetricsCollector::Source* MetricsCollector::find(const std::string& address) {
  const auto found = sources_.find(address);
  return found == sources_.end() ? nullptr : &found->second;
}

Task<std::string> MetricsCollector::collect() {
  const auto gathering = std::make_shared<Gathering>();
  std::vector<std::string> addresses;
  for (const auto& [address, source] : sources_)
    if (!source.asked) addresses.push_back(address);
  gathering->awaited = addresses.size();
  for (auto& address : addresses) calls_.spawn(ask(std::move(address), gathering));
  AllAnswered<Gathering> all_answered{*gathering};
  co_await all_answered;
  std::vector<std::string> texts{own_.text()};
  for (const auto& [address, source] : sources_) texts.push_back(source.last);
  co_return with_aliases(merge_metrics(texts));
}

Task<void> MetricsCollector::ask(std::string address, std::shared_ptr<Gathering> gathering) {
  Source& source = *find(address);  // stays while asked
  source.asked = true;
  if (!source.channel || source.channel->state() == net::Channel::State::Lost) source.channel = connect_(address);
  if (source.channel) {
    net::Request request{.method = "GET", .target = std::string(net::wire::kMetrics)};
    auto reply = co_await source.channel->call(std::move(request), kLimit);
    if (reply && reply->status == 200) source.last = std::move(reply->body);
  }
  source.asked = false;
  gathering->one_less();
}

}  // namespace manta::ingress
