#include "ingress/metrics_collector.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "ingress/metric_aliases.h"
#include "net/wire.h"

namespace manta::ingress {

namespace {

// Callers keep a series for each replica that they have known; only those of `living` are shown.
std::string without_the_gone(const std::string& exposition, const std::set<std::string, std::less<>>& living) {
  constexpr std::string_view kFamily = "ray_serve_request_router_queue_len{", kLabel = "replica_id=\"";
  std::string kept;
  kept.reserve(exposition.size());
  for (std::string_view rest = exposition; !rest.empty();) {
    const auto line = rest.substr(0, std::min(rest.find('\n'), rest.size() - 1) + 1);
    rest.remove_prefix(line.size());
    const auto label = line.starts_with(kFamily) ? line.find(kLabel) : std::string_view::npos;
    if (label != std::string_view::npos) {
      const auto id = line.substr(label + kLabel.size());
      if (!living.contains(id.substr(0, id.find('"')))) continue;
    }
    kept += line;
  }
  return kept;
}

}  // namespace

MetricsCollector::MetricsCollector(Loop& loop, const Metrics& own, Connect connect, std::vector<std::string> processes)
    : own_(own), connect_(std::move(connect)), processes_(std::move(processes)), calls_(loop) {
  for (const auto& address : processes_) sources_[address];
}

void MetricsCollector::update(const spec::RoutingSnapshot& snapshot) {
  deployments_ = snapshot.deployments;
  is_behind_ = true;
}

void MetricsCollector::catch_up() {
  if (!std::exchange(is_behind_, false)) return;
  std::set<std::string> known(processes_.begin(), processes_.end());
  living_.clear();
  for (const auto& set : deployments_)
    for (const auto& replica : set->replicas) {
      known.insert(replica.address);
      living_.insert(replica.id);
    }
  for (auto& [address, source] : sources_) source.gone = !known.contains(address);
  std::erase_if(sources_, [](const auto& entry) { return entry.second.gone && !entry.second.asked; });
  for (const auto& address : known) sources_[address];
}

MetricsCollector::Source* MetricsCollector::find(const std::string& address) {
  const auto found = sources_.find(address);
  return found == sources_.end() ? nullptr : &found->second;
}

Task<std::string> MetricsCollector::collect() {
  catch_up();
  std::erase_if(sources_, [](const auto& entry) { return entry.second.gone && !entry.second.asked; });
  std::vector<std::string> addresses;
  for (const auto& [address, source] : sources_)
    if (!source.asked) addresses.push_back(address);
  const auto gathering = std::make_shared<Gathering>(addresses.size());
  for (auto& address : addresses) calls_.spawn(ask(std::move(address), gathering));
  Gathering::AllAnswered all_answered{*gathering};
  co_await all_answered;
  catch_up();
  std::vector<std::string> texts{own_.text()};
  for (const auto& [address, source] : sources_)
    if (!source.gone) texts.push_back(source.last);
  co_return with_aliases(without_the_gone(merge_metrics(texts), living_));
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
