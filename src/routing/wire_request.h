#pragma once

#include <cstdint>
#include <string_view>

#include <manta/detail/request_context.h>

#include "base/clock.h"
#include "net/headers.h"

namespace manta::routing {

// What travels with a request, as headers of the internal hop; fields that are not set are left out, and so is the
// application when it is `application`, that of the deployment, which its replicas take for granted.
void add_context(net::Headers& headers, const RequestContext& context, std::string_view application);

// `left` in milliseconds, rounded up to three significant binary digits: few values, so that HPACK's table holds them.
std::uint64_t timeout_on_wire(Duration left);

// Headers that differ from one sending to the next. `waiting` 0: no header.
void set_attempt(net::Headers& headers, TimePoint deadline, TimePoint now, std::int32_t waiting);

}  // namespace manta::routing
