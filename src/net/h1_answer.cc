// Answers of an H1Connection: how they look on the wire, and when the next request's turn has come.

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "net/field_rules.h"
#include "net/h1_connection.h"
#include "net/http_date.h"

namespace manta::net {
namespace {

constexpr std::size_t kReference = 8 << 10;  // a body of this size is written from where it is

std::string_view reason(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 201:
      return "Created";
    case 202:
      return "Accepted";
    case 204:
      return "No Content";
    case 301:
      return "Moved Permanently";
    case 302:
      return "Found";
    case 304:
      return "Not Modified";
    case 307:
      return "Temporary Redirect";
    case 308:
      return "Permanent Redirect";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 408:
      return "Request Timeout";
    case 409:
      return "Conflict";
    case 413:
      return "Content Too Large";
    case 414:
      return "URI Too Long";
    case 415:
      return "Unsupported Media Type";
    case 417:
      return "Expectation Failed";
    case 422:
      return "Unprocessable Content";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 499:
      return "Client Closed Request";
    case 500:
      return "Internal Server Error";
    case 501:
      return "Not Implemented";
    case 502:
      return "Bad Gateway";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    case 505:
      return "HTTP Version Not Supported";
    default:
      return "Status";
  }
}

void append_number(std::string& out, std::size_t number, int base) {
  std::array<char, 24> digits;
  const auto result = std::to_chars(digits.data(), digits.data() + digits.size(), number, base);
  out.append(digits.data(), result.ptr);
}

void append_chunk(std::string& out, std::string_view bytes) {
  constexpr std::size_t kMostAround = 20;  // 16 digits of its size, two line ends
  const std::size_t before = out.size();
  const std::size_t most = before + bytes.size() + kMostAround;
  if (most > out.capacity()) out.reserve(std::max(most, 2 * out.capacity()));
  out.resize_and_overwrite(most, [&](char* text, std::size_t) {
    char* next = std::to_chars(text + before, text + before + 16, bytes.size(), 16).ptr;
    *next++ = '\r';
    *next++ = '\n';
    next += bytes.copy(next, bytes.size());
    *next++ = '\r';
    *next++ = '\n';
    return static_cast<std::size_t>(next - text);
  });
}

void append_field(std::string& out, std::string_view name, std::string_view value) {
  out.append(name).append(": ").append(value).append("\r\n");
}

bool has_no_body(int status) { return status < 200 || status == 204 || status == 304; }

}  // namespace

void H1Connection::append_head(int status, const Headers& headers, std::string_view framing,
                               std::optional<std::size_t> length) {
  if (context_->draining) keep_alive_ = false;
  std::string& out = batch_.begin_copy();
  out.append("HTTP/1.1 ");
  append_number(out, static_cast<std::size_t>(status < 100 || status > 999 ? 500 : status), 10);
  out.append(" ").append(reason(status)).append("\r\n");
  bool has_date = false;
  for (const auto [name, value] : headers) {
    if (name == "content-length" || !may_send(name, value)) continue;
    has_date = has_date || name == "date";
    append_field(out, name, value);
  }
  if (!has_date) append_field(out, "date", http_date());
  if (length) {
    out.append("content-length: ");
    append_number(out, *length, 10);
    out.append("\r\n");
  }
  out.append(framing);
  if (!keep_alive_)
    out.append("connection: close\r\n");
  else if (head_.version == 10)
    out.append("connection: keep-alive\r\n");
  out.append("\r\n");
  batch_.commit();
}

void H1Connection::respond(const Request& request, Response response) {
  if (stream_) leave_stream();
  const bool is_head = request.method == "HEAD";
  std::optional<std::size_t> length = response.body.size();
  if (is_head && response.body.empty()) {  // the length the handler says a GET would have
    length.reset();
    std::size_t known = 0;
    const auto text = response.headers.get("content-length").value_or("");
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), known);
    if (!text.empty() && error == std::errc()) length = known;
  }
  if (has_no_body(response.status)) length.reset();
  append_head(response.status, response.headers, {}, length);
  if (!is_head && !has_no_body(response.status)) {
    if (response.body.size() >= kReference)
      batch_.reference(bodies_.emplace_back(std::move(response.body)));
    else
      batch_.copy(response.body);
  }
  answer_complete();
}

void H1Connection::begin_answer(const Request& request, int status, const Headers& headers) {
  bodiless_answer_ = request.method == "HEAD" || has_no_body(status);
  chunked_answer_ = !bodiless_answer_ && head_.version == 11;
  if (!bodiless_answer_ && !chunked_answer_) keep_alive_ = false;  // HTTP/1.0: the end of the connection is the end
  append_head(status, headers, chunked_answer_ ? "transfer-encoding: chunked\r\n" : "", std::nullopt);
  kick();
}

void H1Connection::write_chunk(std::string_view bytes) {
  if (bodiless_answer_) return;
  std::string& out = batch_.begin_copy();
  if (chunked_answer_)
    append_chunk(out, bytes);
  else
    out.append(bytes);
  batch_.commit();
  kick();
}

void H1Connection::finish_answer() {
  if (chunked_answer_) batch_.copy("0\r\n\r\n");
  answer_complete();
}

void H1Connection::cut_answer() {
  keep_alive_ = false;
  answer_complete();
}

void H1Connection::answer_complete() {
  if (stream_) leave_stream();
  give_budget();
  exchange_ = nullptr;
  phase_ = keep_alive_ ? Phase::Head : Phase::Closing;
  kick();
}

void H1Connection::refuse(const Refusal& refusal) {
  const Response response = context_->refuse(request_, refusal);
  refused_ = true;
  keep_alive_ = false;
  head_.version = 11;
  input_.discard();
  append_head(response.status, response.headers, {}, response.body.size());
  batch_.copy(response.body);
  give_budget();
  phase_ = Phase::Closing;
  kick();
}

void H1Connection::flush() {
  if (write_blocked_ || batch_.empty() || phase_ == Phase::Closed) return;
  const std::size_t offered = batch_.bytes();
  switch (batch_.write(socket_)) {
    case WriteBatch::Outcome::Lost:
      return finish();
    case WriteBatch::Outcome::Done:
      bodies_.clear();
      break;
    case WriteBatch::Outcome::Blocked:
      write_blocked_ = true;
      socket_.wait_writable(shared_from_this());
      break;
  }
  if (batch_.bytes() < offered) progress_ = true;
}

// False when nobody was told.
bool H1Connection::tell_drained() {
  if (exchange_ == nullptr || !exchange_->wants_drained()) return false;
  const auto exchange = exchange_->shared_from_this();
  exchange->tell();
  return phase_ != Phase::Closed;
}

}  // namespace manta::net
