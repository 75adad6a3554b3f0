#pragma once

#include <string_view>

#include <manta/error.h>

#include "ingress/event_boundary.h"
#include "ingress/request_record.h"
#include "net/exchange.h"
#include "net/headers.h"

namespace manta::ingress {

// What a client gets to see of a deployment's headers, and the id of its request.
net::Headers public_headers(net::Headers headers, std::string_view request_id);

bool is_event_stream(const net::Headers& headers);

// Both end the request, which nothing has been said of yet, or the head and perhaps more.
void respond_error(net::Exchange& exchange, RequestRecord& record, const Error& error, bool as_json);
// An event stream between two events ends with one that tells the error; any other is cut off, visibly.
void end_truncated(net::Exchange& exchange, RequestRecord& record, const Error& error, bool events,
                   const EventBoundary& boundary);

}  // namespace manta::ingress
