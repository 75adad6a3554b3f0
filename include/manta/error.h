#pragma once

#include <exception>
#include <expected>
#include <string>
#include <string_view>
#include <utility>

namespace manta {

// What went wrong, in the terms a caller can act on. The HTTP status of each is in http_status().
enum class ErrorCode {
  InvalidArgument,   // 400: the request cannot be served as sent
  NotFound,          // 404: no such application, deployment, method or model
  DeadlineExceeded,  // 408: the time given for the request ran out
  Cancelled,         // 499: the caller went away or gave up
  Overloaded,        // 503 (429 by configuration): a queue is full; retry after a while
  Unavailable,       // 503: no replica can serve this now
  ReplicaDied,       // 503: the replica was lost while the request may have been running
  AppError,          // 500: the deployment's own code failed
  Internal,          // 500: a fault in Manta
};

// The one error type, in-process and on the wire.
struct Error {
  ErrorCode code = ErrorCode::Internal;
  std::string message;          // what failed, on what, what to do; safe to show to a client
  std::string detail;           // where: a JSON path ("$.items[3].text"), a file, a node
  int status = 0;               // HTTP status of its own when not 0 (parser limits, HttpError of an application)
  bool maybe_executed = false;  // ReplicaDied: the method may have run
  double retry_after_s = 0;     // Overloaded: a computed hint, 0 = none

  bool operator==(const Error&) const = default;
};

template <class T>
using Result = std::expected<T, Error>;

// "InvalidArgument", ...: the spelling used on the wire, in logs and in metrics.
std::string_view name(ErrorCode code);
// The reverse; Internal for an unknown name.
ErrorCode error_code(std::string_view name);
// error.status when set, else the status of its code.
int http_status(const Error& error);

inline std::unexpected<Error> fail(ErrorCode code, std::string message, std::string detail = {}) {
  return std::unexpected(Error{.code = code, .message = std::move(message), .detail = std::move(detail)});
}

// What the user API throws. Carries the Error unchanged.
class Exception : public std::exception {
 public:
  explicit Exception(Error error) : error_(std::move(error)) {}
  const Error& error() const noexcept { return error_; }
  ErrorCode code() const noexcept { return error_.code; }
  const char* what() const noexcept override { return error_.message.c_str(); }

 private:
  Error error_;
};

// The value, or throws Exception.
template <class T>
T value_or_throw(Result<T> result) {
  if (!result) throw Exception(std::move(result.error()));
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}

}  // namespace manta
