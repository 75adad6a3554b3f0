#pragma once

#include <memory>
#include <string>

#include <manta/detail/held_value.h>
#include <manta/http.h>

namespace manta::detail {

enum class Format { Json, MsgPack };

// What a call of a method gave.
struct Outcome {
  std::string body;                              // encoded in the format asked for; empty for streams
  std::shared_ptr<HttpResponse> http = nullptr;  // raw methods that answer whole
  std::unique_ptr<HeldValue> held = nullptr;     // the result as it is, where the call asks for that
};

}  // namespace manta::detail
