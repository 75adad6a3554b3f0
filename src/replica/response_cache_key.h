#pragma once

#include <string>

#include "net/message.h"
#include "spec/application_graph.h"

namespace manta::replica {

// What makes two requests to a method equal: method, body or query, formats of request and answer, multiplexed model,
// tenant. Other headers do not reach the code of a typed method but through the request's context: an answer that
// depends on its session, priority or ids must not be cached.
std::string cache_key(const net::Request& request, const spec::MethodSpec& method);

struct CacheControl {
  bool no_cache = false;  // asks for a fresh answer
  bool no_store = false;  // nothing of this exchange may be kept
};
CacheControl cache_control(const net::Headers& headers);

// Whether an answer may be given to others later: a success that neither sets a cookie nor says no-store or private.
bool may_be_kept(const net::Response& response);

}  // namespace manta::replica
