#include <manta/detail/arguments.h>

#include <manta/detail/caller.h>

#include "api/query_string.h"

namespace manta::detail {
namespace {

bool says_nothing(std::string_view json) {
  const auto first = json.find_first_not_of(" \t\r\n");
  if (first == json.npos) return true;
  const auto last = json.find_last_not_of(" \t\r\n");
  std::string compact;
  for (const char c : json.substr(first, last - first + 1))
    if (!std::string_view(" \t\r\n").contains(c)) compact += c;
  return compact == "null" || compact == "{}" || compact == "[]";
}

// True for what can stand in JSON without quotes.
bool is_literal(const std::string& text) {
  if (text == "true" || text == "false" || text == "null") return true;
  return !text.empty() && text.find_first_not_of("+-.0123456789eE") == text.npos && from_json<double>(text).has_value();
}

}  // namespace

Result<std::tuple<>> decode_no_arguments(const IncomingCall& call) {
  if (call.request_format == Format::MsgPack) return from_msgpack<std::tuple<>>(call.body);
  if (says_nothing(call.body)) return std::tuple<>();
  return fail(ErrorCode::InvalidArgument, "$: this method takes no arguments; send nothing, null or {}", "$");
}

std::string query_as_json(std::string_view query_string, bool (*is_text)(std::string_view field)) {
  std::string json = "{";
  for (const auto& [key, value] : api::parse_query(query_string)) {
    if (json.size() > 1) json += ',';
    json += to_json(key).value_or("\"\"") + ':';
    json += is_text(key) || !is_literal(value) ? to_json(value).value_or("\"\"") : value;
  }
  return json + '}';
}

Result<std::string> encoded(CallResult result) {
  if (!result.held) return std::move(result.encoded);
  Result<std::string> bytes = result.held->encode();
  if (!bytes) return std::unexpected(bad_result(std::move(bytes.error())));
  return bytes;
}

std::string encoded_nothing(Format format) { return format == Format::Json ? "null" : "\xc0"; }

Error bad_result(Error error) {
  error.code = ErrorCode::AppError;
  error.message = "the result of the method " + error.message;
  return error;
}

Error bad_item(std::string_view method, Error error) {
  error.message = "an item of the stream given to '" + std::string(method) + "': " + error.message;
  return error;
}

Error bad_reply(std::string_view method, Error error) {
  error.code = ErrorCode::Internal;
  error.message = "the answer of '" + std::string(method) + "' is not what this caller expects (" + error.message +
                  "); caller and deployment were built from different versions";
  return error;
}

}  // namespace manta::detail
