#include "ingress/error_reply.h"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>

#include "base/error_names.h"
#include "codec/json_text.h"
#include "net/wire.h"

namespace manta::ingress {
namespace {

void append_number(std::string& out, double value) {
  std::array<char, 32> buffer{};
  const auto result = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value);
  out.append(buffer.data(), result.ptr);
}

// Seconds for Retry-After, whole and at least one; 0 when another try makes no sense.
std::int64_t retry_after(const Error& error) {
  if (error.retry_after_s > 0) return static_cast<std::int64_t>(std::ceil(error.retry_after_s));
  return error.code == ErrorCode::Overloaded || error.code == ErrorCode::Unavailable ? 1 : 0;
}

bool is_server_fault(const Error& error) {
  return error.code == ErrorCode::AppError || error.code == ErrorCode::Internal;
}

}  // namespace

std::string error_json(const Error& error, std::string_view request_id) {
  std::string json = R"({"error":{"type":")";
  json += name(error.code);
  json += R"(","code":")";
  json += snake_name(error.code);
  json += R"(","param":null,"message":)";
  json += codec::json_quoted(error.message);
  if (!error.detail.empty()) {
    json += R"(,"detail":)";
    json += codec::json_quoted(error.detail);
  }
  if (!request_id.empty()) {
    json += R"(,"request_id":)";
    json += codec::json_quoted(request_id);
  }
  if (error.retry_after_s > 0) {
    json += R"(,"retry_after_s":)";
    append_number(json, error.retry_after_s);
  }
  if (error.maybe_executed) json += R"(,"maybe_executed":true)";
  json += "}}";
  return json;
}

net::Response error_reply(const Error& error, std::string_view request_id, bool as_json) {
  net::Response reply{.status = http_status(error)};
  if (const auto seconds = retry_after(error); seconds > 0) reply.headers.add("retry-after", std::to_string(seconds));
  if (as_json) {
    reply.headers.add("content-type", net::wire::kJson);
    reply.body = error_json(error, request_id);
  } else {
    reply.headers.add("content-type", "text/plain; charset=utf-8");
    reply.body = is_server_fault(error) && reply.status == 500 ? "Internal Server Error" : error.message;
  }
  if (!request_id.empty()) reply.headers.add(net::wire::kRequestId, request_id);
  return reply;
}

std::string error_event(const Error& error, std::string_view request_id) {
  return "event: error\ndata: " + error_json(error, request_id) + "\n\n";
}

Error path_not_found(std::string_view path) {
  std::string message = "Path '";
  message += path;
  message += "' not found. Ping http://.../-/routes for available routes.";
  return {.code = ErrorCode::NotFound, .message = std::move(message)};
}

Error verb_not_allowed(std::string_view verb, std::string_view path, std::string_view allow) {
  std::string message = "Path '";
  message += path;
  message += "' does not take ";
  message += verb;
  message += ". It takes: ";
  message += allow;
  return {.code = ErrorCode::InvalidArgument, .message = std::move(message), .status = 405};
}

}  // namespace manta::ingress
