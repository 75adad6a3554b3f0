#include "codec/json_diagnosis.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <vector>

#include "codec/json_text.h"

namespace manta::codec {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

// Finds the first fault of a text, or none. Each step returns false once `fault` is set at `at`.
class FaultFinder {
 public:
  FaultFinder(std::string_view text, std::size_t max_depth) : text_(text), max_depth_(max_depth) {}

  bool document() {
    space();
    if (!value()) return false;
    while (!open_.empty())
      if (!continue_container()) return false;
    space();
    return at == text_.size() || fail("something follows the value");
  }

  std::size_t at = 0;
  std::string fault;

 private:
  bool fail(std::string why) {
    fault = std::move(why);
    return false;
  }
  char peek() const { return at < text_.size() ? text_[at] : '\0'; }
  bool ended() const { return at >= text_.size(); }

  void space() {
    while (!ended() && (peek() == ' ' || peek() == '\t' || peek() == '\n' || peek() == '\r')) ++at;
  }

  bool value() {
    if (open_.size() == max_depth_) return fail("nested deeper than " + std::to_string(max_depth_));
    if (ended()) return fail("the text ends where a value is expected");
    switch (peek()) {
      case '{':
      case '[':
        return open();
      case '"':
        return string();
      case 't':
        return word("true");
      case 'f':
        return word("false");
      case 'n':
        return word("null");
      default:
        return number();
    }
  }

  bool open() {
    open_.push_back(text_[at++]);
    space();
    if (peek() == closer()) return close();
    return open_.back() == '[' ? value() : member();
  }

  bool close() {
    ++at;
    open_.pop_back();
    return true;
  }

  char closer() const { return open_.back() == '[' ? ']' : '}'; }

  bool continue_container() {
    space();
    if (peek() == closer()) return close();
    if (ended()) return fail(std::string("the text ends before '") + closer() + "'");
    if (peek() != ',') return fail(std::string("expected ',' or '") + closer() + "'");
    ++at;
    space();
    if (peek() == closer()) return fail("a comma before the end");
    return open_.back() == '[' ? value() : member();
  }

  bool member() {
    if (peek() != '"') return fail("expected a key in double quotes");
    if (!string()) return false;
    space();
    if (peek() != ':') return fail("expected ':' after the key");
    ++at;
    space();
    return value();
  }

  bool word(std::string_view expected) {
    if (!text_.substr(at).starts_with(expected)) return fail("expected a value");
    at += expected.size();
    return true;
  }

  bool string() {
    const std::size_t start = at++;
    for (; !ended() && peek() != '"'; ++at) {
      if (static_cast<unsigned char>(peek()) < 0x20) return fail("a control character in a string must be escaped");
      if (peek() == '\\' && !escape()) return false;
    }
    if (ended()) {
      at = start;
      return fail("a string without an end");
    }
    ++at;
    return true;
  }

  bool escape() {
    ++at;
    if (std::string_view("\"\\/bfnrt").contains(peek()) && !ended()) return true;
    if (peek() != 'u') return fail("an unknown escape in a string");
    for (int i = 0; i < 4; ++i)
      if (++at; !is_hex(peek())) return fail("expected four hexadecimal digits after \\u");
    return true;
  }

  bool digits() {
    if (!is_digit(peek())) return false;
    while (is_digit(peek())) ++at;
    return true;
  }

  bool number() {
    const std::size_t start = at;
    if (peek() == '-') ++at;
    const bool zero = peek() == '0';
    if (!digits()) return fail(at == start ? "expected a value" : "expected a digit after '-'");
    if (zero && at - start > (text_[start] == '-' ? 2u : 1u)) return fail("a number with a leading zero");
    if (peek() == '.' && (++at, !digits())) return fail("expected a digit after '.'");
    if (peek() == 'e' || peek() == 'E') {
      ++at;
      if (peek() == '+' || peek() == '-') ++at;
      if (!digits()) return fail("expected a digit in the exponent");
    }
    return in_range(start);
  }

  bool in_range(std::size_t start) {
    const std::string_view digits = text_.substr(start, at - start);
    const auto parse = [&](auto number) {
      return std::from_chars(digits.data(), digits.data() + digits.size(), number).ec == std::errc();
    };
    const bool fits = digits.find_first_of(".eE") != std::string_view::npos ? parse(double())
                      : digits.starts_with('-')                             ? parse(std::int64_t())
                                                                            : parse(std::uint64_t());
    if (!fits) at = start;
    return fits || fail("a number out of range");
  }

  std::string_view text_;
  std::size_t max_depth_;
  std::vector<char> open_;
};

std::string line_and_column(std::string_view text, std::size_t at) {
  const std::string_view before = text.substr(0, at);
  const auto line = 1 + std::ranges::count(before, '\n');
  const std::size_t start = before.rfind('\n') + 1;  // npos + 1 == 0
  return "line " + std::to_string(line) + ", column " + std::to_string(at - start + 1);
}

}  // namespace

std::string diagnose_json(std::string_view text, std::size_t max_depth, std::string_view reason) {
  if (text.find_first_not_of(" \t\r\n") == std::string_view::npos) return "not valid JSON: the text is empty";
  FaultFinder finder(text, max_depth);
  if (!finder.document()) return "not valid JSON: " + finder.fault + " at " + line_and_column(text, finder.at);
  if (!is_utf8(text)) return "not valid JSON: the text is not UTF-8";
  return "not valid JSON: " + std::string(reason);
}

}  // namespace manta::codec
