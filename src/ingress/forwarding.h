#pragma once

#include <memory>
#include <string>

#include <manta/detail/request_context.h>
#include <manta/task.h>

#include "ingress/request_record.h"
#include "net/exchange.h"
#include "routing/dispatcher.h"

namespace manta::ingress {

// One request on its way to a deployment. The dispatcher outlives it.
struct Forwarding {
  net::ExchangePtr exchange;
  routing::Dispatcher* dispatcher;
  routing::Outbound outbound;
  RequestRecord record;
  bool error_as_json = false;    // for errors of this side and of the deployment
  bool outlives_client = false;  // goes on when the client has gone
};

// Sends the request to its deployment and copies the answer as it arrives: bytes are taken from the replica only when
// the client has taken the earlier ones, and none is ever held back. An answer that is cut ends with one error event if
// it is an event stream between two events; otherwise the client sees it truncated. Destroying the task cancels the
// request.
Task<void> forward(Forwarding request);

}  // namespace manta::ingress
