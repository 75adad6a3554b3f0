#include "net/h1_head.h"

#include <algorithm>
#include <charconv>
#include <string>
#include <system_error>

#include "net/field_rules.h"

namespace manta::net {
namespace {

constexpr char to_lower_ascii(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; }

bool equals_ignoring_case(std::string_view a, std::string_view lower) {
  return std::ranges::equal(a, lower, {}, to_lower_ascii);
}

std::string_view without_blanks_around(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// Up to `end`, which is dropped with it. All of it when there is no such character.
std::string_view take_until(char end, std::string_view& text) {
  const std::size_t at = text.find(end);
  const std::string_view taken = text.substr(0, at);
  text.remove_prefix(std::min(text.size(), taken.size() + 1));
  return taken;
}

class HeadReader {
 public:
  HeadReader(Request& request, H1Head& head) : request_(request), head_(head) {}

  Refusal read(std::string_view text) {
    refusal_ = read_request_line(take_line(text));
    for (std::string_view line = take_line(text); !line.empty(); line = take_line(text)) read_field(line);
    return refusal_ ? refusal_ : check();
  }

 private:
  static std::string_view take_line(std::string_view& text) {
    std::string_view line = take_until('\n', text);
    line.remove_suffix(std::min<std::size_t>(line.size(), 1));
    return line;
  }

  Refusal read_request_line(std::string_view line) {
    const std::string_view method = take_until(' ', line);
    if (!is_token(method) || !line.contains(' ')) return {400, "the request is malformed"};
    request_.method = method;
    request_.target = take_until(' ', line);
    if (request_.target.empty()) return {400, "the request is malformed"};
    if (line != "HTTP/1.1" && line != "HTTP/1.0") return {505, "the HTTP version is not supported"};
    head_.version = line.back() == '1' ? 11 : 10;
    return {};
  }

  void read_field(std::string_view line) {
    const std::size_t colon = line.find(':');
    const std::string_view name = line.substr(0, colon);
    if (colon == std::string_view::npos || !is_token(name)) return refuse(400, "the request is malformed");
    const std::string_view value = without_blanks_around(line.substr(colon + 1));
    if (!is_of_connection(name, value)) request_.headers.add_lowered(name, value);
  }

  // Takes note of fields that say how the message is sent, which nobody else gets to see.
  bool is_of_connection(std::string_view name, std::string_view value) {
    const auto named = [name](std::string_view lower) { return equals_ignoring_case(name, lower); };
    switch (name.size()) {
      case 2:
        return named("te");
      case 4:
        return named("host") && (add_host(value), true);
      case 6:
        return named("expect") && (add_expectation(value), true);
      case 7:
        return named("upgrade");
      case 10:
        return named("keep-alive") || (named("connection") && (add_connection(value), true));
      case 14:
        return named("content-length") && (add_length(value), true);
      case 16:
        return named("proxy-connection") && (add_connection(value), true);
      case 17:
        return named("transfer-encoding") && (add_coding(value), true);
      default:
        return false;
    }
  }

  void refuse(int status, std::string_view message) {
    if (!refusal_) refusal_ = {status, message};
  }

  void add_host(std::string_view value) {
    ++hosts_;
    if (!is_visible(value)) refuse(400, "the Host header has invalid characters");
    request_.authority = value;
  }

  void add_length(std::string_view value) {
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), head_.content_length);
    if (++lengths_ > 1) return refuse(400, "more than one Content-Length");
    if (error != std::errc() || end != value.data() + value.size() || value.empty())
      refuse(400, "the Content-Length is no number");
  }

  void add_coding(std::string_view value) {
    if (++codings_ > 1) refuse(400, "more than one Transfer-Encoding");
    if (!equals_ignoring_case(value, "chunked")) refuse(501, "the only transfer coding understood is chunked");
    head_.chunked = true;
  }

  void add_expectation(std::string_view value) {
    if (!equals_ignoring_case(value, "100-continue"))
      return refuse(417, "the only expectation understood is 100-continue");
    head_.expect_continue = head_.version == 11;
  }

  void add_connection(std::string_view value) {
    while (!value.empty()) {
      const std::string_view option = without_blanks_around(take_until(',', value));
      closes_ = closes_ || equals_ignoring_case(option, "close");
      keeps_ = keeps_ || equals_ignoring_case(option, "keep-alive");
      if (!option.empty() && !is_token(option)) refuse(400, "the Connection header is malformed");
    }
  }

  Refusal check() {
    if (hosts_ > 1 || (head_.version == 11 && hosts_ == 0)) return {400, "an HTTP/1.1 request needs exactly one Host"};
    if (codings_ != 0 && (lengths_ != 0 || head_.version == 10)) return {400, "the length of the body is ambiguous"};
    head_.keep_alive = head_.version == 11 ? !closes_ : keeps_;
    return check_target();
  }

  Refusal check_target() {
    std::string& target = request_.target;
    if (request_.method == "CONNECT") return {501, "CONNECT is not supported"};
    if (!is_visible(target) || target.contains('#')) return {400, "the request target has invalid characters"};
    if (target.starts_with('/') || (target == "*" && request_.method == "OPTIONS")) return {};
    for (const std::string_view scheme : {"http://", "https://"}) {
      if (target.size() < scheme.size() || !equals_ignoring_case(target.substr(0, scheme.size()), scheme)) continue;
      const auto path = target.find_first_of("/?", scheme.size());
      request_.authority = target.substr(scheme.size(), path - scheme.size());
      target.erase(0, path == std::string::npos ? target.size() : path);
      if (!target.starts_with('/')) target.insert(0, 1, '/');
      return {};
    }
    return {400, "the request target must begin with a slash"};
  }

  Request& request_;
  H1Head& head_;
  Refusal refusal_;  // the first
  int hosts_ = 0;
  int lengths_ = 0;
  int codings_ = 0;
  bool closes_ = false;  // by Connection
  bool keeps_ = false;
};

}  // namespace

Refusal check_head_bytes(std::string_view text, std::size_t from) {
  for (std::size_t i = find_control(text, from); i < text.size(); i = find_control(text, i + 1)) {
    if (text[i] == '\t') continue;
    if (text[i] != '\r' || i + 1 >= text.size() || text[i + 1] != '\n')
      return {400, "the request head has a control character"};
    ++i;
    if (i + 1 < text.size() && (text[i + 1] == ' ' || text[i + 1] == '\t'))
      return {400, "folded header lines are not accepted"};
  }
  return {};
}

Refusal read_head(std::string_view text, Request& request, H1Head& head) {
  head = {};
  return HeadReader(request, head).read(text);
}

}  // namespace manta::net
