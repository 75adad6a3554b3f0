#include "ingress/outbound.h"

#include <string>
#include <utility>

#include "net/wire.h"

namespace manta::ingress {
namespace {

namespace wire = net::wire;

constexpr std::size_t kEventWindow = std::size_t{32} << 10;

net::Headers typed_headers(const RequestTerms& terms) {
  net::Headers headers;
  headers.add("content-type", terms.content_type == wire::kMsgPack ? wire::kMsgPack : wire::kJson);
  if (terms.accepts_events) headers.add("accept", wire::kEventStream);
  if (!terms.tracestate.empty()) headers.add("tracestate", terms.tracestate);
  if (terms.has_idempotency_key) headers.add("idempotency-key", "1");
  return headers;
}

// Of a method that takes the raw request.
net::Headers raw_headers(net::Headers headers, const Route& route) {
  net::Headers kept = end_to_end(std::move(headers));
  kept.add(wire::kMethod, route.method);
  return kept;
}

// All but the body, the context and raw headers.
routing::Outbound head_of(const net::Request& request, const Route& route, const RequestTerms& terms) {
  routing::Outbound outbound;
  outbound.method = route.method;
  if (route.raw_http) {
    outbound.verb = request.method;
    outbound.target = request.target;
  } else {
    outbound.headers = typed_headers(terms);
    if (const auto control = request.headers.get("cache-control")) outbound.headers.add("cache-control", *control);
    outbound.idempotent = request.method == "GET" || request.method == "HEAD";
    const auto question = request.target.find('?');
    if (request.body.empty() && question != std::string::npos)
      outbound.target = route.upstream_path + request.target.substr(question);
  }
  return outbound;
}

}  // namespace

routing::Outbound make_outbound(net::Request& request, const Route& route, const RequestTerms& terms,
                                std::shared_ptr<RequestContext> context, net::BodyBuffers& bodies) {
  routing::Outbound outbound = head_of(request, route, terms);
  if (route.raw_http) outbound.headers = raw_headers(request.headers, route);
  if (!request.body.empty()) outbound.body = bodies.share(std::move(request.body));
  if (terms.accepts_events || route.streams) outbound.window = kEventWindow;
  outbound.context = std::move(context);
  return outbound;
}

// A stream of HTTP/2 looks at its headers again when it is answered.
net::Request make_local_request(net::Exchange& client, const Route& route, const RequestTerms& terms) {
  net::Request& request = client.request();
  routing::Outbound head = head_of(request, route, terms);
  if (route.raw_http)
    head.headers = raw_headers(client.is_http2() ? request.headers : std::move(request.headers), route);
  return {.method = std::move(head.verb),
          .target = head.target.empty() ? "/" + head.method : std::move(head.target),
          .authority = {},
          .headers = std::move(head.headers),
          .body = std::move(request.body)};
}

}  // namespace manta::ingress
