#pragma once

#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>

#include "base/loop.h"

namespace manta::counts {

// Two ends of a connection, non-blocking.
std::pair<int, int> socket_pair();

// A client of the public door that writes prepared bytes. Takes the descriptor.
class RawClient {
 public:
  RawClient(Loop& loop, int fd) : loop_(loop), fd_(fd) {}
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;
  ~RawClient();

  void send(std::string_view bytes) const;
  // Runs the loop until there is nothing to do, then takes what has come. Aborts when that does not contain `wanted`.
  void expect(std::string_view wanted);

 private:
  Loop& loop_;
  int fd_;
  std::string received_;
};

std::string http_post(std::string_view target, std::string_view body);

}  // namespace manta::counts
