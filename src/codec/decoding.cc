#include <manta/detail/decoding.h>

#include <utility>

#include <manta/detail/json_path.h>

#include "codec/nearest.h"

namespace manta::detail {
namespace {

// A key as messages quote it: cut when a client sent something huge.
std::string shown(std::string_view key) {
  constexpr std::size_t kLongest = 64;
  return "'" + std::string(key.substr(0, kLongest)) + (key.size() > kLongest ? "...'" : "'");
}

}  // namespace

bool Decoding::fail(std::string message) {
  error_.message = std::move(message);
  return false;
}

bool Decoding::fail(Error error) {
  path_ = error.detail.empty() || error.detail.starts_with('[') ? error.detail : "." + error.detail;
  error_ = std::move(error);
  return false;
}

bool Decoding::expected(std::string_view expected, std::string_view found) {
  return fail("expected " + std::string(expected) + ", found " + std::string(found));
}

bool Decoding::in_field(std::string_view name) {
  path_.insert(0, field_path("", name));
  return false;
}

bool Decoding::in_element(std::size_t index) {
  path_.insert(0, element_path("", index));
  return false;
}

bool Decoding::skip_unknown(std::string_view key, std::span<const std::string_view> known) {
  if (unknown_ == UnknownKeys::Ignore) {
    ++ignored_;
    return true;
  }
  fail("unknown key " + shown(key) + codec::suggestion(key, known));
  return in_field(key);
}

bool Decoding::unknown_enumerator(std::string_view found, std::span<const std::string_view> known) {
  return fail("unknown value " + shown(found) + codec::suggestion(found, known));
}

Error Decoding::take_error() && {
  error_.detail = "$" + path_;
  error_.message.insert(0, error_.detail + ": ");
  return std::move(error_);
}

std::size_t find_name(std::span<const std::string_view> names, std::string_view key) {
  for (std::size_t i = 0; i < names.size(); ++i)
    if (names[i] == key) return i;
  return names.size();
}

Error error_of(const std::exception& exception) {
  if (const auto* ours = dynamic_cast<const Exception*>(&exception)) return ours->error();
  return Error{.code = ErrorCode::InvalidArgument, .message = exception.what()};
}

}  // namespace manta::detail
