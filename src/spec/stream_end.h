#pragma once

#include <charconv>
#include <string_view>

#include <manta/detail/json.h>
#include <manta/error.h>

#include "spec/error_reply.h"

namespace manta::spec {

// How an item stream ended, as its trailers tell it (net/wire.h): `status` "ok" or the name of an ErrorCode, the error
// as JSON, and its HTTP status if that is not the code's own; the last two may be empty.
inline Result<void> stream_end(std::string_view status, std::string_view error_json, std::string_view http_status) {
  if (status == "ok") return {};
  const auto reply = detail::from_json<ErrorReply>(error_json, UnknownKeys::Ignore);
  if (!reply) return fail(error_code(status), "the stream failed");
  int number = 0;
  std::from_chars(http_status.data(), http_status.data() + http_status.size(), number);
  return std::unexpected(to_error(*reply, number));
}

}  // namespace manta::spec
