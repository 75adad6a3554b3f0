#include "control/admin_reply.h"

#include <utility>

#include "codec/sha256.h"
#include "spec/error_reply.h"

namespace manta::control {

net::Response answer(int status, std::string body, std::string_view type) {
  net::Response response{.status = status, .body = std::move(body)};
  response.headers.add("content-type", type);
  return response;
}

net::Response error_answer(const Error& error) {
  return answer(http_status(error), detail::to_json(spec::error_reply(error)).value_or("{}"));
}

net::Response method_not_allowed(std::string_view allowed) {
  net::Response response = error_answer({.code = ErrorCode::InvalidArgument,
                                         .message = "method not allowed; use " + std::string(allowed),
                                         .status = 405});
  response.headers.add("allow", allowed);
  return response;
}

std::string entity_tag(std::string_view json) { return '"' + codec::sha256_hex(json).substr(0, 16) + '"'; }

std::string who_asks(const net::Request& request) {
  constexpr std::size_t kLongest = 200;
  std::string who;
  if (const auto given = request.headers.get(net::wire::kBy))
    who = *given;
  else
    who = "REST" + (request.headers.has("user-agent") ? " " + std::string(*request.headers.get("user-agent")) : "");
  return who.substr(0, kLongest);
}

Result<void> check_if_match(const net::Request& request, const std::string& tag) {
  const auto given = request.headers.get("if-match");
  if (!given || *given == "*" || given->find(tag) != std::string_view::npos) return {};
  return std::unexpected(Error{.code = ErrorCode::InvalidArgument,
                               .message = "somebody else has deployed since: the ETag is " + tag + " now, not " +
                                          std::string(*given) + "; read it again",
                               .status = 412});
}

}  // namespace manta::control
