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

// {"error":{"type":...,"message":...,"request_id":...}}, with retry-after for 503 and x-request-id. `request_id` needs
// no escaping; empty: left out.
Response to_response(const Refusal& refusal, std::string_view request_id = {});

}  // namespace manta::net
