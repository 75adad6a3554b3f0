#include "cli/proxy_check.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <utility>

namespace manta::cli {
namespace {

constexpr Duration kLongestPauseAfterAFailure = std::chrono::seconds(1);
constexpr int kFailureLimit = 3;

}  // namespace

ProxyCheck::ProxyCheck(Loop& loop, std::string address, ProxyCheckOptions options, Events events)
    : loop_(loop), address_{std::move(address)}, options_(options), events_(std::move(events)), tasks_(loop) {}

ProxyCheck::~ProxyCheck() { loop_.cancel(next_); }

void ProxyCheck::begin() {
  events_.status("STARTING");
  tasks_.spawn(check());
}

// A connection of its own each time: the proxy's next life is asked, too.
Task<void> ProxyCheck::check() {
  const auto channel = std::make_unique<net::Channel>(loop_, address_, net::ChannelOptions{}, budget_);
  net::Request request{.method = "GET", .target = "/-/healthz", .authority = "localhost"};
  const auto answer = co_await channel->call(std::move(request), options_.timeout);
  failures_ = answer ? 0 : failures_ + 1;
  if (failures_ == 0) {
    events_.status("HEALTHY");
    co_return check_after(options_.period);
  }
  if (failures_ >= kFailureLimit) {
    failures_ = 0;
    events_.status("UNHEALTHY");
    events_.hung();
  }
  check_after(std::min(options_.period, kLongestPauseAfterAFailure));
}

void ProxyCheck::check_after(Duration pause) {
  next_ = loop_.after(pause, [this] { tasks_.spawn(check()); });
}

}  // namespace manta::cli
