#include "ingress/refused_requests.h"

#include "net/wire.h"

namespace manta::ingress {

RefusedRequests::RefusedRequests(Metrics& metrics, AccessLog* access_log, std::uint64_t seed)
    : series_(metrics, {.route = "unmatched"}), access_log_(access_log), ids_(seed) {}

// Nothing of the request has been served: no time is observed for it.
std::string RefusedRequests::note(const net::Request& request, int status) {
  const auto given = request.headers.get(net::wire::kRequestId);
  std::string id = given && is_sane_request_id(*given) ? std::string(*given) : ids_.next();
  series_.record(parse_verb(request.method), status, 0);
  if (access_log_ != nullptr) {
    const bool is_known = !request.method.empty();
    access_log_->add({.verb = is_known ? std::string_view(request.method) : "-",
                      .path = is_known ? std::string_view(request.target) : "-",
                      .status = status,
                      .request_id = id});
  }
  return id;
}

}  // namespace manta::ingress
