#include "net/h1_response_parser.h"

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <limits>

namespace manta::net {
namespace {

namespace http = boost::beast::http;
using BeastError = boost::beast::error_code;
using BeastView = boost::beast::string_view;

constexpr std::uint32_t kMaxHead = 256 << 10;

}  // namespace

struct H1ResponseParser::Message final : http::basic_parser<false> {
  Message(Headers& to_headers, std::string& to_body) : headers(to_headers), body(to_body) {
    body_limit(boost::none);
    header_limit(kMaxHead);
    eager(true);
  }

  Headers& headers;
  std::string& body;
  int code = 0;

 private:
  void on_request_impl(http::verb, BeastView, BeastView, int, BeastError&) override {}
  void on_response_impl(int status, BeastView, int, BeastError&) override { code = status; }
  void on_field_impl(http::field, BeastView name, BeastView value, BeastError&) override {
    if (!is_header_done()) headers.add_lowered({name.data(), name.size()}, {value.data(), value.size()});
  }
  void on_header_impl(BeastError&) override {}
  void on_body_init_impl(const boost::optional<std::uint64_t>&, BeastError&) override {}
  std::size_t on_body_impl(BeastView bytes, BeastError&) override {
    body.append(bytes.data(), bytes.size());
    return bytes.size();
  }
  void on_chunk_header_impl(std::uint64_t, BeastView, BeastError&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, BeastView bytes, BeastError&) override {
    body.append(bytes.data(), bytes.size());
    return bytes.size();
  }
  void on_finish_impl(BeastError&) override {}
};

H1ResponseParser::H1ResponseParser(bool answers_head) : answers_head_(answers_head) { begin(); }
H1ResponseParser::~H1ResponseParser() = default;

void H1ResponseParser::begin() {
  headers.clear();
  message_ = std::make_unique<Message>(headers, body);
  message_->skip(answers_head_);
}

H1ResponseParser::Parsed H1ResponseParser::parse(std::string_view bytes) {
  Parsed parsed;
  while (parsed.consumed < bytes.size() && !is_complete()) {
    const std::string_view rest = bytes.substr(parsed.consumed);
    BeastError error;
    const std::size_t used = message_->put(boost::asio::const_buffer(rest.data(), rest.size()), error);
    parsed.consumed += used;
    if (error && error != http::error::need_more) return {parsed.consumed, "the answer is no HTTP/1.1"};
    if (is_complete() && message_->code < 200)
      begin();
    else if (used == 0)
      break;
  }
  return parsed;
}

std::string_view H1ResponseParser::end() {
  if (!has_head()) return "the connection ended before the answer";
  BeastError error;
  if (!is_complete()) message_->put_eof(error);
  return error ? "the connection ended within the answer" : "";
}

bool H1ResponseParser::has_head() const { return message_->is_header_done(); }
bool H1ResponseParser::is_complete() const { return message_->is_done(); }
bool H1ResponseParser::keeps_alive() const { return message_->keep_alive(); }
int H1ResponseParser::status() const { return message_->code; }

}  // namespace manta::net
