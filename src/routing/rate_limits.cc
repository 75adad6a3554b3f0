#include "routing/rate_limits.h"

#include <algorithm>
#include <iterator>

namespace manta::routing {
namespace {

constexpr Duration kTidyPause = std::chrono::seconds(1);  // a look at all tenants costs milliseconds

TokenBucket::Limit limit_of(double rate, double burst) {
  return {.rate = rate, .burst = std::max(1.0, burst > 0 ? burst : rate)};
}

}  // namespace

std::optional<RateLimits::Exceeded> RateLimits::take(const AdmissionConfig& limits, std::string_view tenant,
                                                     TimePoint now) {
  const std::lock_guard lock(mutex_);
  TokenBucket* of_tenant = nullptr;
  if (limits.tenant_requests_per_s > 0) {
    const auto limit = limit_of(limits.tenant_requests_per_s, limits.tenant_burst);
    of_tenant = &bucket_of(tenant, limit, now);
    if (const double wait_s = of_tenant->wait_s(limit, now); wait_s > 0)
      return Exceeded{.by_tenant = true, .retry_after_s = wait_s};
  }
  if (limits.requests_per_s > 0) {
    const double wait_s = all_.wait_s(limit_of(limits.requests_per_s, limits.burst), now);
    if (wait_s > 0) return Exceeded{.by_tenant = false, .retry_after_s = wait_s};
    all_.take();
  }
  if (of_tenant) of_tenant->take();
  return std::nullopt;
}

TokenBucket& RateLimits::bucket_of(std::string_view tenant, const TokenBucket::Limit& limit, TimePoint now) {
  const auto known = by_tenant_.find(tenant);
  if (known != by_tenant_.end()) return known->second;
  if (by_tenant_.size() >= tidy_at_ && now - tidied_at_ >= kTidyPause) {
    tidied_at_ = now;
    for (auto entry = by_tenant_.begin(); entry != by_tenant_.end();)
      entry = entry->second.is_full(limit, now) ? by_tenant_.erase(entry) : std::next(entry);
    tidy_at_ = std::clamp<std::size_t>(2 * by_tenant_.size(), 1024, kMostTenants);
  }
  if (by_tenant_.size() >= kMostTenants) return other_tenants_;
  return by_tenant_[std::string(tenant)];
}

std::size_t RateLimits::tenants() const {
  const std::lock_guard lock(mutex_);
  return by_tenant_.size();
}

}  // namespace manta::routing
