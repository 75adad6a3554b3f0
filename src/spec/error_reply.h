#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <boost/describe/class.hpp>

#include <manta/error.h>

#include "base/error_names.h"

namespace manta::spec {

// Body of every error answer: {"error": {...}}. `code` and `param` are what clients of OpenAI's API read.
struct ErrorBody {
  std::string type = "Internal";  // name of an ErrorCode
  std::string code;               // the same in OpenAI's way
  std::optional<std::string> param;
  std::string message;
  std::string detail;
  std::string request_id;
  double retry_after_s = 0;
  bool maybe_executed = false;
  bool operator==(const ErrorBody&) const = default;
};
BOOST_DESCRIBE_STRUCT(ErrorBody, (), (type, code, param, message, detail, request_id, retry_after_s, maybe_executed))

struct ErrorReply {
  ErrorBody error;
  bool operator==(const ErrorReply&) const = default;
};
BOOST_DESCRIBE_STRUCT(ErrorReply, (), (error))

inline ErrorReply error_reply(const Error& error, std::string_view request_id = {}) {
  return {{.type = std::string(name(error.code)),
           .code = snake_name(error.code),
           .param = {},
           .message = error.message,
           .detail = error.detail,
           .request_id = std::string(request_id),
           .retry_after_s = error.retry_after_s,
           .maybe_executed = error.maybe_executed}};
}

// The Error that `reply` describes. `status` is the HTTP status it came with; kept when it is not the code's own.
inline Error to_error(const ErrorReply& reply, int status = 0) {
  Error error{.code = error_code(reply.error.type),
              .message = reply.error.message,
              .detail = reply.error.detail,
              .maybe_executed = reply.error.maybe_executed,
              .retry_after_s = reply.error.retry_after_s};
  if (status != 0 && status != http_status(error)) error.status = status;
  return error;
}

}  // namespace manta::spec
