#pragma once

#include <manta/error.h>

#include "net/message.h"

namespace manta::routing {

// The error in an answer of a replica that carries x-manta-error.
Error error_in(const net::Response& response);

}  // namespace manta::routing
