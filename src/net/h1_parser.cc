#include "net/h1_parser.h"

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <limits>
#include <utility>

namespace manta::net {
namespace {

namespace http = boost::beast::http;
using BeastError = boost::beast::error_code;
using BeastView = boost::beast::string_view;

constexpr std::size_t kMaxTarget = 8 << 10;     // RFC 9112 asks for at least 8000
constexpr std::size_t kLeastEnd = 5;            // bytes of the shortest end of a body, "0\r\n\r\n"
constexpr std::size_t kMaxChunkLine = 4 << 10;  // with extensions, and all trailers together

// A last chunk whose line is complete and nothing after it: Beast must not see it again before there is more of it.
bool is_short_end(std::string_view rest) {
  return rest.size() < kLeastEnd && rest.starts_with('0') && rest.contains("\r\n");
}

}  // namespace

// The body of one message. Trailers are dropped: they may not change what has been decided.
class H1Parser::Chunks final : public http::basic_parser<true> {
 public:
  Chunks() {
    body_limit(boost::none);
    header_limit(std::numeric_limits<std::uint32_t>::max());
    eager(true);
    constexpr std::string_view kHead = "POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n";
    BeastError error;
    put(boost::asio::const_buffer(kHead.data(), kHead.size()), error);
  }

  Refusal refusal;
  std::string* body = nullptr;
  std::size_t max_body = 0;

 private:
  void on_request_impl(http::verb, BeastView, BeastView, int, BeastError&) override {}
  void on_response_impl(int, BeastView, int, BeastError&) override {}
  void on_field_impl(http::field, BeastView, BeastView, BeastError&) override {}
  void on_header_impl(BeastError&) override {}
  void on_body_init_impl(const boost::optional<std::uint64_t>&, BeastError&) override {}
  std::size_t on_body_impl(BeastView bytes, BeastError&) override { return bytes.size(); }
  void on_chunk_header_impl(std::uint64_t size, BeastView, BeastError& error) override {
    if (size <= max_body && body->size() + size <= max_body) return;
    refusal = {413, "the request body is too large"};
    error = http::error::body_limit;
  }
  std::size_t on_chunk_body_impl(std::uint64_t, BeastView bytes, BeastError&) override {
    body->append(bytes.data(), bytes.size());
    return bytes.size();
  }
  void on_finish_impl(BeastError&) override {}
};

H1Parser::H1Parser(std::size_t max_header_bytes) : max_header_bytes_(max_header_bytes) {}
H1Parser::~H1Parser() = default;

H1Parser::Parsed H1Parser::parse_head(std::string_view bytes, Request& request, H1Head& head) {
  const auto end = bytes.find("\r\n\r\n", searched_ > 3 ? searched_ - 3 : 0);
  const std::size_t checked = std::exchange(searched_, end == std::string_view::npos ? bytes.size() : 0);
  const auto line = bytes.substr(0, kMaxTarget + 64).find('\n');
  if (line == std::string_view::npos && bytes.size() > kMaxTarget)
    return {.refusal = {414, "the request target is too long"}};
  if (std::min(end, bytes.size()) > max_header_bytes_) return {.refusal = {431, "the request headers are too large"}};
  if (end == std::string_view::npos) {
    const auto whole = bytes.ends_with('\r') ? bytes.substr(0, bytes.size() - 1) : bytes;
    std::size_t from = checked;  // but for line ends: what follows them matters
    while (from > 0 && (bytes[from - 1] == '\r' || bytes[from - 1] == '\n')) --from;
    return {.refusal = check_head_bytes(whole, from)};
  }
  const std::string_view text = bytes.substr(0, end + 4);
  if (const Refusal refusal = check_head_bytes(text)) return {.refusal = refusal};
  if (const Refusal refusal = read_head(text, request, head)) return {.refusal = refusal};
  if (head.chunked) chunks_ = std::make_unique<Chunks>();
  return {.consumed = text.size(), .complete = true, .refusal = {}};
}

H1Parser::Parsed H1Parser::parse_chunks(std::string_view bytes, std::string& body, std::size_t max_bytes) {
  chunks_->body = &body;
  chunks_->max_body = max_bytes;
  Parsed result;
  BeastError error;
  while (!chunks_->is_done() && !error) {
    const std::string_view rest = bytes.substr(result.consumed);
    if (rest.empty() || is_short_end(rest)) break;
    const std::size_t used = chunks_->put(boost::asio::const_buffer(rest.data(), rest.size()), error);
    result.consumed += used;
    if (used == 0 && !error) break;
  }
  result.complete = chunks_->is_done();
  if (chunks_->refusal)
    result.refusal = chunks_->refusal;
  else if (error && error != http::error::need_more)
    result.refusal = {400, "the request is malformed"};
  else if (!result.complete && bytes.size() - result.consumed > kMaxChunkLine)
    result.refusal = {400, "a chunk header or the trailers are too long"};
  return result;
}

}  // namespace manta::net
