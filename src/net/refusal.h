#pragma once

#include <string>
#include <string_view>

#include "net/message.h"

namespace manta::net {

// Why a server answers a request itself instead of giving it to the handler.
struct Refusal {
  int status = 0;  // 0: no refusal
  std::string_view message;

  explicit operator bool() const { return status != 0; }
};

// {"error":{"type":...,"message":...}}, with retry-after for 503.
Response to_response(const Refusal& refusal);

}  // namespace manta::net
