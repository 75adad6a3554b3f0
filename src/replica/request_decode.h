#pragma once

#include <memory>
#include <string_view>

#include <manta/detail/request_context.h>

#include "base/clock.h"
#include "net/message.h"
#include "replica/servable.h"

namespace manta::replica {

// How a streamed answer is written.
enum class StreamKind { Events, Lines, Items, Raw };

// The context that the headers of an internal request describe.
std::shared_ptr<RequestContext> decode_context(const net::Request& request, TimePoint now);

// The method a request names: the header of raw HTTP requests, else the path.
std::string_view method_name(const net::Request& request);
// A request from a handle, whose arguments are the MessagePack array in the body, also for raw HTTP methods.
bool is_handle_call(const net::Request& request);
// How many more requests of this caller wait; 0 without the header.
int waiting_requests(const net::Request& request);

Format request_format(const net::Request& request);
// `asked`: the format of the request, which an answer has unless another one is accepted.
Format reply_format(const net::Request& request, Format asked);
StreamKind stream_kind(const net::Request& request, const spec::MethodSpec& method);

}  // namespace manta::replica
