#pragma once

#include <optional>
#include <string>
#include <utility>

#include <manta/detail/response.h>
#include <manta/error.h>
#include <manta/http.h>
#include <manta/task.h>

namespace manta {

// The answer of a method with an HttpWriter, for a handle that passed it a request: the head first, then the body as it
// comes. Dropping it cancels the call.
class [[nodiscard("dropping a reader cancels the stream")]] HttpReader {
 public:
  HttpReader() = default;
  // Parts: the head, then pieces of the body.
  explicit HttpReader(Reader<HttpResponse> parts) : parts_(std::move(parts)) {}

  // Status and headers; its body is empty. Once, before next().
  Task<HttpResponse> head() {
    auto part = co_await parts_.next();
    co_return checked(std::move(part));
  }
  // The next bytes; nullopt at the end. An error ends the stream as an Exception.
  Task<std::optional<std::string>> next() {
    auto part = co_await parts_.next();
    if (!part) co_return std::nullopt;
    co_return std::move(part->body);
  }
  // The same for compute threads and client programs.
  HttpResponse head_blocking(detail::Timeout timeout = {}) { return checked(parts_.next_blocking(timeout)); }
  std::optional<std::string> next_blocking(detail::Timeout timeout = {}) {
    auto part = parts_.next_blocking(timeout);
    if (!part) return std::nullopt;
    return std::move(part->body);
  }
  void cancel() { parts_.cancel(); }

 private:
  static HttpResponse checked(std::optional<HttpResponse> head) {
    if (!head) throw Exception({ErrorCode::Internal, "the answer ended before its head"});
    return std::move(*head);
  }

  Reader<HttpResponse> parts_;
};

}  // namespace manta
