#include "net/h1_parser.h"

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <charconv>
#include <limits>
#include <utility>

#include "net/field_rules.h"

namespace manta::net {
namespace {

namespace http = boost::beast::http;
using BeastError = boost::beast::error_code;
using BeastView = boost::beast::string_view;

constexpr std::size_t kMaxTarget = 8 << 10;     // RFC 9112 asks for at least 8000
constexpr std::size_t kLeastEnd = 5;            // bytes of the shortest end of a body, "0\r\n\r\n"
constexpr std::size_t kMaxChunkLine = 4 << 10;  // with extensions, and all trailers together

std::string_view view(BeastView text) { return {text.data(), text.size()}; }

// A last chunk whose line is complete and nothing after it: Beast must not see it again before there is more of it.
bool is_short_end(std::string_view rest) {
  return rest.size() < kLeastEnd && rest.starts_with('0') && rest.contains("\r\n");
}

bool equals_ignoring_case(std::string_view a, std::string_view lower) {
  return std::ranges::equal(a, lower, [](char x, char y) { return (x >= 'A' && x <= 'Z' ? x | 0x20 : x) == y; });
}

// One message. Fields go into the request as they come; what is wrong with them is kept as the refusal.
class MessageParser final : public http::basic_parser<true> {
 public:
  MessageParser(Request& request, H1Head& head) : request_(&request), head_(&head) {
    body_limit(boost::none);
    header_limit(std::numeric_limits<std::uint32_t>::max());
  }

  Refusal refusal;
  std::string* body = nullptr;
  std::size_t max_body = 0;

  Refusal check_head() {
    if (refusal) return refusal;
    if (hosts_ > 1 || (head_->version == 11 && hosts_ == 0)) return {400, "an HTTP/1.1 request needs exactly one Host"};
    if (codings_ != 0 && (lengths_ != 0 || head_->version == 10)) return {400, "the length of the body is ambiguous"};
    head_->keep_alive = keep_alive();
    return check_target();
  }

 private:
  void refuse(int status, std::string_view message) {
    if (!refusal) refusal = {status, message};
  }

  // Absolute form (RFC 9112, 3.2.2) becomes origin form.
  Refusal check_target() {
    std::string& target = request_->target;
    if (request_->method == "CONNECT") return {501, "CONNECT is not supported"};
    if (!is_visible(target) || target.contains('#')) return {400, "the request target has invalid characters"};
    if (target.starts_with('/') || (target == "*" && request_->method == "OPTIONS")) return {};
    for (const std::string_view scheme : {"http://", "https://"}) {
      if (target.size() < scheme.size() || !equals_ignoring_case(target.substr(0, scheme.size()), scheme)) continue;
      const auto path = target.find_first_of("/?", scheme.size());
      request_->authority = target.substr(scheme.size(), path - scheme.size());
      target.erase(0, path == std::string::npos ? target.size() : path);
      if (!target.starts_with('/')) target.insert(0, 1, '/');
      return {};
    }
    return {400, "the request target must begin with a slash"};
  }

  void on_request_impl(http::verb, BeastView method, BeastView target, int version, BeastError&) override {
    request_->method = view(method);
    request_->target = view(target);
    head_->version = version;
  }
  void on_response_impl(int, BeastView, int, BeastError&) override {}

  void on_field_impl(http::field known, BeastView name, BeastView value, BeastError&) override {
    if (head_done_) return;  // trailers are dropped: they may not change what has been decided
    switch (known) {
      case http::field::host:
        return add_host(view(value));
      case http::field::content_length:
        return add_length(view(value));
      case http::field::transfer_encoding:
        return add_coding(view(value));
      case http::field::expect:
        return add_expectation(view(value));
      case http::field::connection:
      case http::field::keep_alive:
      case http::field::proxy_connection:
      case http::field::upgrade:
      case http::field::te:
        return;
      default:
        break;
    }
    request_->headers.add_lowered(view(name), view(value));
  }

  void add_host(std::string_view value) {
    ++hosts_;
    if (!is_visible(value)) refuse(400, "the Host header has invalid characters");
    request_->authority = value;
  }

  void add_length(std::string_view value) {
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), head_->content_length);
    if (++lengths_ > 1) return refuse(400, "more than one Content-Length");
    if (error == std::errc::result_out_of_range) return refuse(413, "the request body is too large");
    if (error != std::errc() || end != value.data() + value.size() || value.empty())
      refuse(400, "the Content-Length is no number");
  }

  void add_coding(std::string_view value) {
    if (++codings_ > 1) refuse(400, "more than one Transfer-Encoding");
    if (!equals_ignoring_case(value, "chunked")) refuse(501, "the only transfer coding understood is chunked");
    head_->chunked = true;
  }

  void add_expectation(std::string_view value) {
    if (!equals_ignoring_case(value, "100-continue"))
      return refuse(417, "the only expectation understood is 100-continue");
    head_->expect_continue = head_->version == 11;
  }

  void on_header_impl(BeastError&) override { head_done_ = true; }
  void on_body_init_impl(const boost::optional<std::uint64_t>&, BeastError&) override {}
  std::size_t on_body_impl(BeastView bytes, BeastError&) override { return bytes.size(); }
  void on_chunk_header_impl(std::uint64_t size, BeastView, BeastError& error) override {
    if (size > max_body || (body != nullptr && body->size() + size > max_body)) {
      refuse(413, "the request body is too large");
      error = http::error::body_limit;
    }
  }
  std::size_t on_chunk_body_impl(std::uint64_t, BeastView bytes, BeastError&) override {
    if (body != nullptr) body->append(bytes.data(), bytes.size());
    return bytes.size();
  }
  void on_finish_impl(BeastError&) override {}

  Request* request_;
  H1Head* head_;
  int hosts_ = 0;
  int lengths_ = 0;
  int codings_ = 0;
  bool head_done_ = false;
};

// Lines end with CRLF, none is folded, no control characters. Beast would mend some of these.
Refusal check_bytes(std::string_view head, std::size_t from = 0) {
  for (std::size_t i = from; i < head.size(); ++i) {
    const auto byte = static_cast<unsigned char>(head[i]);
    if (byte >= 0x20 && byte != 0x7f) continue;
    if (byte == '\t') continue;
    if (byte != '\r' || i + 1 >= head.size() || head[i + 1] != '\n')
      return {400, "the request head has a control character"};
    ++i;
    if (i + 1 < head.size() && (head[i + 1] == ' ' || head[i + 1] == '\t'))
      return {400, "folded header lines are not accepted"};
  }
  return {};
}

Refusal to_refusal(const BeastError& error) {
  if (error == http::error::bad_version) return {505, "the HTTP version is not supported"};
  if (error == http::error::bad_content_length || error == http::error::multiple_content_length)
    return {400, "the Content-Length is invalid"};
  if (error == http::error::bad_transfer_encoding) return {400, "the length of the body is ambiguous"};
  return {400, "the request is malformed"};
}

}  // namespace

struct H1Parser::Impl {
  std::size_t max_header_bytes;
  std::size_t searched = 0;  // of an incomplete head
  std::optional<MessageParser> message;
};

H1Parser::H1Parser(std::size_t max_header_bytes) : impl_(std::make_unique<Impl>(max_header_bytes)) {}
H1Parser::~H1Parser() = default;

H1Parser::Parsed H1Parser::parse_head(std::string_view bytes, Request& request, H1Head& head) {
  const auto end = bytes.find("\r\n\r\n", impl_->searched > 3 ? impl_->searched - 3 : 0);
  const std::size_t checked = std::exchange(impl_->searched, end == std::string_view::npos ? bytes.size() : 0);
  const auto line = bytes.substr(0, kMaxTarget + 64).find('\n');
  if (line == std::string_view::npos && bytes.size() > kMaxTarget)
    return {.refusal = {414, "the request target is too long"}};
  if (std::min(end, bytes.size()) > impl_->max_header_bytes)
    return {.refusal = {431, "the request headers are too large"}};
  if (end == std::string_view::npos) {
    const auto whole = bytes.ends_with('\r') ? bytes.substr(0, bytes.size() - 1) : bytes;
    std::size_t from = checked;  // but for line ends: what follows them matters
    while (from > 0 && (bytes[from - 1] == '\r' || bytes[from - 1] == '\n')) --from;
    return {.refusal = check_bytes(whole, from)};
  }
  const std::string_view text = bytes.substr(0, end + 4);
  if (const Refusal refusal = check_bytes(text)) return {.refusal = refusal};
  head = {};
  impl_->message.emplace(request, head);
  BeastError error;
  impl_->message->put(boost::asio::const_buffer(text.data(), text.size()), error);
  if (impl_->message->refusal) return {.refusal = impl_->message->refusal};
  if (error && error != http::error::need_more) return {.refusal = to_refusal(error)};
  if (!impl_->message->is_header_done()) return {.refusal = {400, "the request is malformed"}};
  return {.consumed = text.size(), .complete = true, .refusal = impl_->message->check_head()};
}

H1Parser::Parsed H1Parser::parse_chunks(std::string_view bytes, std::string& body, std::size_t max_bytes) {
  MessageParser& message = *impl_->message;
  message.body = &body;
  message.max_body = max_bytes;
  message.eager(true);
  Parsed result;
  BeastError error;
  while (!message.is_done() && !error) {
    const std::string_view rest = bytes.substr(result.consumed);
    if (rest.empty() || is_short_end(rest)) break;
    const std::size_t used = message.put(boost::asio::const_buffer(rest.data(), rest.size()), error);
    result.consumed += used;
    if (used == 0 && !error) break;
  }
  result.complete = message.is_done();
  if (message.refusal)
    result.refusal = message.refusal;
  else if (error && error != http::error::need_more)
    result.refusal = to_refusal(error);
  else if (!result.complete && bytes.size() - result.consumed > kMaxChunkLine)
    result.refusal = {400, "a chunk header or the trailers are too long"};
  return result;
}

}  // namespace manta::net
