#include <manta/http.h>

#include <algorithm>
#include <cctype>
#include <utility>

#include <manta/detail/method_table.h>

#include "api/query_string.h"

namespace manta {
namespace {

HttpResponse response_of(std::string_view type, std::string body, int status) {
  HttpResponse made{.status = status, .body = std::move(body)};
  made.headers.emplace_back("content-type", type);
  return made;
}

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return std::tolower(static_cast<unsigned char>(c)); };
  return std::ranges::equal(a, b, {}, lower, lower);
}

}  // namespace

std::optional<std::string_view> HttpRequest::header(std::string_view name) const {
  for (const auto& [key, value] : headers)
    if (equal_ignoring_case(key, name)) return value;
  return std::nullopt;
}

std::optional<std::string> HttpRequest::query(std::string_view name) const {
  for (auto& [key, value] : api::parse_query(query_string))
    if (key == name) return std::move(value);
  return std::nullopt;
}

HttpResponse HttpResponse::json(std::string body, int status) {
  return response_of("application/json", std::move(body), status);
}

HttpResponse HttpResponse::text(std::string body, int status) {
  return response_of("text/plain; charset=utf-8", std::move(body), status);
}

HttpError::HttpError(int status, std::string message, std::string detail)
    : Exception(
          {.code = ErrorCode::AppError, .message = std::move(message), .detail = std::move(detail), .status = status}) {
}

Task<void> HttpWriter::start(int status, HttpHeaders headers) {
  sink_->start(status, std::move(headers));
  co_return;
}

Task<void> HttpWriter::write(std::string bytes) {
  if (try_write(bytes)) co_return;
  Result<void> written = co_await sink_->write(std::move(bytes));
  value_or_throw(std::move(written));
}

bool HttpWriter::try_write(std::string_view bytes) { return value_or_throw(sink_->try_write(bytes)); }

void HttpWriter::start_blocking(int status, HttpHeaders headers) { sink_->start(status, std::move(headers)); }

void HttpWriter::write_blocking(std::string bytes) { value_or_throw(sink_->write_blocking(std::move(bytes))); }

}  // namespace manta
