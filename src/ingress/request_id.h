#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace manta::ingress {

// Accepted from a client: 1 to 128 visible ASCII characters, none of which needs escaping in JSON, logs or headers.
bool is_sane_request_id(std::string_view text);

// Makes request ids: 15 characters, digits and lower-case letters, that differ within the process and, by a random
// start, between processes. Short, as an id goes along with every call of the request, and costs by its length.
class RequestIdSource {
 public:
  // `seed` from the system's randomness; a test's constant.
  explicit RequestIdSource(std::uint64_t seed) : start_(seed) {}
  std::string next();

 private:
  std::uint64_t start_;
  std::uint64_t count_ = 0;
};

}  // namespace manta::ingress
