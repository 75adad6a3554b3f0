#pragma once

#include <cstdint>
#include <string>

#include "base/metrics.h"
#include "ingress/access_log.h"
#include "ingress/http_metrics.h"
#include "ingress/request_id.h"
#include "net/message.h"

namespace manta::ingress {

// Requests that the server of the public port refuses before the proxy sees them: malformed, too large, too late, or
// for want of memory. They count as route "unmatched" and are in the access log. One per loop; loop-confined.
class RefusedRequests {
 public:
  // `metrics` and `access_log`, which may be null, outlive this. `seed` as for request ids.
  RefusedRequests(Metrics& metrics, AccessLog* access_log, std::uint64_t seed);

  // Gives the request's id: the client's own if it has a sane one, else a new one. See net::Server::OnRefusal.
  std::string note(const net::Request& request, int status);

 private:
  RouteSeries series_;
  AccessLog* access_log_;
  RequestIdSource ids_;
};

}  // namespace manta::ingress
