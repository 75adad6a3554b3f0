#pragma once

#include <memory>

#include <manta/detail/request_context.h>

#include "ingress/request_terms.h"
#include "ingress/route_table.h"
#include "net/body_buffers.h"
#include "net/exchange.h"
#include "net/message.h"
#include "routing/dispatcher.h"

namespace manta::ingress {

// What goes to the deployment for a request from outside. A typed method gets its body untouched, as JSON whatever a
// client calls it (curl says it is a form), and without a body the query; a method that takes the raw request gets
// verb, path, query and headers as they came. The body is moved out of `request`; a large one's memory goes back to
// `bodies` in the end.
routing::Outbound make_outbound(net::Request& request, const Route& route, const RequestTerms& terms,
                                std::shared_ptr<RequestContext> context, net::BodyBuffers& bodies);

// The same for a deployment in this process, which is given the context as it is. The headers of an HTTP/1.1 client are
// moved as well.
net::Request make_local_request(net::Exchange& client, const Route& route, const RequestTerms& terms);

}  // namespace manta::ingress
