#include "cli/proxy_check.h"

#include <chrono>
#include <utility>

#include "cli/call.h"

namespace manta::cli {
namespace {

constexpr Duration kPeriod = std::chrono::seconds(10);
constexpr Duration kTimeout = std::chrono::seconds(10);
constexpr int kFailureLimit = 3;

}  // namespace

ProxyCheck::ProxyCheck(Loop& loop, std::string address, OnStatus on_status)
    : loop_(loop), address_{std::move(address)}, on_status_(std::move(on_status)), tasks_(loop) {}

void ProxyCheck::begin() {
  on_status_("STARTING");
  tasks_.spawn(check());
}

Task<void> ProxyCheck::check() {
  const auto answer = co_await call_once(loop_, address_, "GET", "/-/healthz", "", kTimeout);
  const bool reached =
      answer.has_value() || answer.error().code == ErrorCode::Internal;  // any answer, whatever its status
  failures_ = reached ? 0 : failures_ + 1;
  if (failures_ == 0) on_status_("HEALTHY");
  if (failures_ >= kFailureLimit) on_status_("UNHEALTHY");
  loop_.after(failures_ > 0 && failures_ < kFailureLimit ? std::chrono::duration_cast<Duration>(std::chrono::seconds(1))
                                                         : kPeriod,
              [this] { tasks_.spawn(check()); });
}

}  // namespace manta::cli
