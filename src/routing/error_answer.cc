#include "routing/error_answer.h"

#include <string>

#include <manta/detail/json.h>

#include "net/wire.h"
#include "spec/error_reply.h"

namespace manta::routing {

Error error_in(const net::Response& response) {
  const std::string code(response.headers.get(net::wire::kError).value_or("Internal"));
  auto reply = detail::from_json<spec::ErrorReply>(response.body, UnknownKeys::Ignore);
  if (!reply) return {.code = error_code(code), .message = "the replica answered " + std::to_string(response.status)};
  reply->error.type = code;
  return spec::to_error(*reply, response.status);
}

}  // namespace manta::routing
