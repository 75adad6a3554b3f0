#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// HTTP/2 frames by hand, for peers that do not follow the rules.
namespace manta::net::raw {

inline constexpr std::string_view kPreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
enum Type : std::uint8_t {
  kData,
  kHeaders,
  kPriority,
  kReset,
  kSettings,
  kPush,
  kPing,
  kGoaway,
  kWindow,
  kContinuation
};
enum Flag : std::uint8_t { kNone = 0, kEndStream = 1, kAck = 1, kEndHeaders = 4, kPadded = 8 };

inline std::string number(std::uint32_t value, int bytes) {
  std::string out;
  for (int i = bytes - 1; i >= 0; --i) out += static_cast<char>(value >> (8 * i));
  return out;
}

inline std::string frame(Type type, int flags, std::uint32_t stream, std::string_view payload = {}) {
  return number(static_cast<std::uint32_t>(payload.size()), 3) + static_cast<char>(type) + static_cast<char>(flags) +
         number(stream, 4) + std::string(payload);
}

inline std::string setting(std::uint16_t id, std::uint32_t value) { return number(id, 2) + number(value, 4); }

// A literal field, not indexed, without Huffman coding; both texts below 127 bytes.
inline std::string field(std::string_view name, std::string_view value) {
  std::string out(1, '\0');
  out += static_cast<char>(name.size());
  out += name;
  out += static_cast<char>(value.size());
  return out += value;
}

// GET or POST of `path` with more fields, as a header block.
inline std::string request(std::string_view path = "/", std::string_view more = {}, bool post = false) {
  std::string out(post ? "\x83\x86" : "\x82\x86");
  out += '\x04';
  out += static_cast<char>(path.size());
  out += path;
  out += std::string("\x41\x01") + "a";
  return out += more;
}

inline std::string get(std::uint32_t stream, std::string_view path = "/") {
  return frame(kHeaders, kEndStream | kEndHeaders, stream, request(path));
}

inline std::string hello(std::string_view settings = {}) {
  return std::string(kPreface) + frame(kSettings, kNone, 0, settings);
}

struct Frame {
  Type type;
  int flags;
  std::uint32_t stream;
  std::string payload;
  std::uint32_t code(std::size_t at = 0) const {
    std::uint32_t value = 0;
    for (std::size_t i = at; i < at + 4 && i < payload.size(); ++i)
      value = value << 8 | static_cast<std::uint8_t>(payload[i]);
    return value;
  }
};

inline std::vector<Frame> parse(std::string_view bytes) {
  std::vector<Frame> frames;
  while (bytes.size() >= 9) {
    const auto byte = [&](std::size_t i) { return static_cast<std::uint32_t>(static_cast<std::uint8_t>(bytes[i])); };
    const std::size_t size = byte(0) << 16 | byte(1) << 8 | byte(2);
    if (bytes.size() < 9 + size) break;
    frames.push_back({static_cast<Type>(bytes[3]), static_cast<int>(byte(4)),
                      (byte(5) << 24 | byte(6) << 16 | byte(7) << 8 | byte(8)) & 0x7fffffff,
                      std::string(bytes.substr(9, size))});
    bytes.remove_prefix(9 + size);
  }
  return frames;
}

inline std::size_t count(const std::vector<Frame>& frames, Type type) {
  std::size_t found = 0;
  for (const Frame& frame : frames) found += frame.type == type ? 1 : 0;
  return found;
}

inline const Frame* find(const std::vector<Frame>& frames, Type type) {
  for (const Frame& frame : frames)
    if (frame.type == type) return &frame;
  return nullptr;
}

}  // namespace manta::net::raw
