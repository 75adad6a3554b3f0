#pragma once

#include <string>

#include <manta/error.h>

namespace manta {

// The name as clients of OpenAI's API know codes: "deadline_exceeded".
std::string snake_name(ErrorCode code);

}  // namespace manta
