#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include <manta/routing_config.h>

#include "routing/token_bucket.h"

namespace manta::routing {

// The token buckets of one deployment in one process: its own, and one of each tenant. Thread-safe. Tenants without
// recent requests are forgotten; beyond kMostTenants the others share one bucket.
class RateLimits {
 public:
  struct Exceeded {
    bool by_tenant = false;    // else by the deployment as a whole
    double retry_after_s = 0;  // until there is a token again
  };

  // Takes a token for one request, or says why there is none. The caller asks only if a limit is set.
  std::optional<Exceeded> take(const AdmissionConfig& limits, std::string_view tenant, TimePoint now);

  std::size_t tenants() const;

 private:
  TokenBucket& bucket_of(std::string_view tenant, const TokenBucket::Limit& limit, TimePoint now);

  mutable std::mutex mutex_;  // guards all below
  TokenBucket all_;
  std::map<std::string, TokenBucket, std::less<>> by_tenant_;
  TokenBucket other_tenants_;
  std::size_t tidy_at_ = 1024;
  TimePoint tidied_at_{};
};

inline constexpr std::size_t kMostTenants = 65'536;

inline bool limits_rate(const AdmissionConfig& limits) {
  return limits.requests_per_s > 0 || limits.tenant_requests_per_s > 0;
}

}  // namespace manta::routing
