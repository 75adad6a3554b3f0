#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "base/loop.h"

namespace manta::net {

// Memory of large bodies that is used again: pages that come fresh from the kernel are cleared first, which costs more
// than all copying of the bytes that go into them. Memory that nobody wanted for a while is given back. Loop-confined,
// as are the bodies it shares, which may outlive it.
class BodyBuffers {
 public:
  static constexpr std::size_t kLeast = std::size_t{128} << 10;  // bytes; smaller ones malloc keeps by itself
  static constexpr std::size_t kMost = std::size_t{64} << 20;    // bytes that are kept for later
  static constexpr Duration kKept = std::chrono::seconds(5);     // at least so long unused, at most twice that

  explicit BodyBuffers(Loop& loop);
  ~BodyBuffers();
  BodyBuffers(const BodyBuffers&) = delete;
  BodyBuffers& operator=(const BodyBuffers&) = delete;

  // As body.reserve(size).
  void reserve(std::string& body, std::size_t size);
  // The body for several owners; its memory comes back with the last of them.
  std::shared_ptr<const std::string> share(std::string body);
  std::size_t kept_bytes() const;

 private:
  void give_back(std::string buffer);
  void tidy();

  Loop& loop_;
  TimerId timer_ = 0;
  std::vector<std::string> kept_;       // empty, by capacity
  std::size_t unwanted_ = 0;            // how many of them nobody has taken since the last look
  std::shared_ptr<BodyBuffers*> self_;  // for the bodies: null once this is gone
};

}  // namespace manta::net
