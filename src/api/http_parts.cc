#include "api/http_parts.h"

#include <utility>

#include <manta/detail/msgpack.h>

namespace manta::api {
namespace {

std::string body_part(std::string bytes) {
  HttpResponse part;
  part.body = std::move(bytes);
  return value_or_throw(detail::to_msgpack(part));
}

}  // namespace

std::optional<std::string> HttpParts::take_head() {
  if (std::exchange(head_sent_, true)) return std::nullopt;
  return value_or_throw(detail::to_msgpack(head_));
}

void HttpParts::start(int status, HttpHeaders headers) {
  head_.status = status;
  head_.headers = std::move(headers);
}

Task<Result<void>> HttpParts::write(std::string bytes) {
  if (auto head = take_head()) {
    auto writing = to_.write(std::move(*head));
    Result<void> written = co_await writing;
    if (!written) co_return written;
  }
  auto writing = to_.write(body_part(std::move(bytes)));
  co_return co_await writing;
}

Result<void> HttpParts::write_blocking(std::string bytes) {
  if (auto head = take_head())
    if (auto written = to_.write_blocking(std::move(*head)); !written) return written;
  return to_.write_blocking(body_part(std::move(bytes)));
}

Task<void> HttpParts::finish() {
  if (auto head = take_head()) {
    auto writing = to_.write(std::move(*head));
    co_await writing;  // nobody listens: the call ends all the same
  }
}

void HttpParts::finish_blocking() {
  if (auto head = take_head()) (void)to_.write_blocking(std::move(*head));
}

}  // namespace manta::api
