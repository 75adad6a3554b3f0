#include "ingress/public_answer.h"

#include <utility>

#include "ingress/error_reply.h"
#include "ingress/request_terms.h"
#include "net/wire.h"

namespace manta::ingress {

net::Headers public_headers(net::Headers headers, std::string_view request_id) {
  headers.remove_if([](const net::Headers::Field& field) {
    return (is_hop_header(field.name) && field.name != net::wire::kCache) || field.name == net::wire::kRequestId;
  });
  headers.add(net::wire::kRequestId, request_id);
  return headers;
}

bool is_event_stream(const net::Headers& headers) {
  const auto type = headers.get("content-type");
  return type && type->starts_with(net::wire::kEventStream);
}

void respond_error(net::Exchange& exchange, RequestRecord& record, const Error& error, bool as_json) {
  net::Response reply = error_reply(error, record.request_id(), as_json);
  record.note_failure(error.code);
  record.end(reply.status);
  exchange.respond(std::move(reply));
}

void end_truncated(net::Exchange& exchange, RequestRecord& record, const Error& error, bool events,
                   const EventBoundary& boundary) {
  record.note_failure(error.code);
  record.end(http_status(error));
  if (!events || !boundary.between_events()) return exchange.abort();
  exchange.write(error_event(error, record.request_id()));
  exchange.finish();
}

}  // namespace manta::ingress
