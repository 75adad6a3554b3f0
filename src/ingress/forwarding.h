#pragma once

#include <memory>
#include <string>

#include <manta/detail/request_context.h>
#include <manta/task.h>

#include "base/loop.h"
#include "ingress/body_lines.h"
#include "ingress/request_record.h"
#include "net/exchange.h"
#include "routing/dispatcher.h"

namespace manta::ingress {

// One request on its way to a deployment.
struct Forwarding {
  net::ExchangePtr exchange;
  std::shared_ptr<routing::Dispatcher> dispatcher;
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

// The same for a request whose body is a stream into the method: its lines follow as the client sends them and the
// method reads them. `first_is_arguments`: the first line is the body of the call, which is sent once that is here.
Task<void> forward_stream(Loop& loop, Forwarding request, std::unique_ptr<BodyLines> lines, bool first_is_arguments);

}  // namespace manta::ingress
