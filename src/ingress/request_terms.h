#pragma once

#include <optional>
#include <string_view>

#include <manta/error.h>

#include "net/headers.h"
#include "net/wire.h"

namespace manta::ingress {

// What the headers of a request from outside say about how to serve it. Views into those headers.
struct RequestTerms {
  std::string_view request_id;  // empty: none, or not a sane one
  std::string_view session_id;
  std::string_view model_id;
  std::string_view tenant;  // x-tenant-id
  int priority = 0;         // x-request-priority
  std::string_view traceparent;
  std::string_view tracestate;
  std::string_view content_type;
  std::optional<double> timeout_s;  // x-request-timeout-seconds; 0 or less: no limit
  bool accepts_events = false;      // accept: text/event-stream
  bool accepts_json = false;        // names JSON in accept; "*/*" does not count
  bool accepts_text = false;        // names plain text or HTML, and not "*/*"
  bool sends_json = false;
  bool outlives_client = false;  // x-request-disconnect-disabled: ?1
  bool has_idempotency_key = false;
};

// One pass over the headers. InvalidArgument for a timeout or a priority that is not a number. `session_header` in
// lower case.
Result<RequestTerms> read_terms(const net::Headers& headers, std::string_view session_header = net::wire::kSessionId);

// Errors go as JSON to clients that speak it, as text to the others. A body that begins like JSON counts as well: curl
// -d sends it as a form.
bool prefers_json(const RequestTerms& terms, std::string_view body);

// Belongs to one connection, or to Manta's own hop: never passed on in either direction. `name` in lower case.
bool is_hop_header(std::string_view name);

// What a method that takes the raw request gets to see: every header but those of the hop and the ones set anew.
net::Headers end_to_end(net::Headers headers);

}  // namespace manta::ingress
