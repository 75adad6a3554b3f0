#include "net/field_rules.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>

namespace manta::net {
namespace {

constexpr auto kNameBytes = [] {
  std::array<bool, 256> table{};
  for (unsigned char c = 'a'; c <= 'z'; ++c) table[c] = true;
  for (unsigned char c = '0'; c <= '9'; ++c) table[c] = true;
  for (const char c : std::string_view("!#$%&'*+-.^_`|~")) table[static_cast<unsigned char>(c)] = true;
  return table;
}();

bool is_name(std::string_view name) {
  return !name.empty() && std::ranges::all_of(name, [](char c) { return kNameBytes[static_cast<unsigned char>(c)]; });
}

// Nonzero when one of the eight bytes is a control character or beyond ASCII: a hint, as a tab is one too.
std::uint64_t unusual(std::uint64_t word) {
  constexpr std::uint64_t kOnes = 0x0101010101010101, kHighs = 0x8080808080808080;
  return ((word - kOnes * 0x20) | ((word ^ kOnes * 0x7f) - kOnes) | word) & kHighs;
}

bool is_value(std::string_view value) {
  for (; value.size() >= 8; value.remove_prefix(8)) {
    std::uint64_t word;
    std::memcpy(&word, value.data(), 8);
    if (unusual(word) != 0) break;
  }
  return std::ranges::none_of(value, [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte < 0x20 && byte != '\t') || byte == 0x7f;
  });
}

}  // namespace

bool is_hop_by_hop(std::string_view name) {
  switch (name.size()) {
    case 2:
      return name == "te";
    case 7:
      return name == "upgrade";
    case 10:
      return name == "connection" || name == "keep-alive";
    case 16:
      return name == "proxy-connection";
    case 17:
      return name == "transfer-encoding";
    case 14:
      return name == "http2-settings";
    default:
      return false;
  }
}

bool may_send(std::string_view name, std::string_view value) {
  return !is_hop_by_hop(name) && is_name(name) && is_value(value);
}

bool is_visible(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c > 0x20 && c < 0x7f; });
}

}  // namespace manta::net
