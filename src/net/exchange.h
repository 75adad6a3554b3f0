#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "net/message.h"

namespace manta::net {

class BodyStream;

// One request being answered, whatever HTTP version carried it. Given to the server's handler when head and body are
// complete, or at the head if its body is wanted as it comes (Server::stream_bodies). Confined to the loop of its
// server. Life: respond() once, or start(), write()*, then finish() or abort(). Dropped without any of them it answers
// 500. After the peer has gone (closed() is true) every call is harmless and does nothing.
class Exchange {
 public:
  virtual ~Exchange() = default;

  virtual Request& request() = 0;
  // The body of a request that was given at its head, whose request().body stays empty; else null. Lives as long as
  // this. An answer may begin and end before the body has.
  virtual BodyStream* body_stream() { return nullptr; }
  // The peer this came from; the same number for every exchange of one connection, never reused by a server.
  virtual std::uint64_t connection_id() const = 0;
  virtual bool is_http2() const = 0;

  // A whole answer. Content-length is set here.
  virtual void respond(Response response) = 0;

  // A streamed answer. HTTP/1.1 uses chunks.
  virtual void start(int status, Headers headers) = 0;
  virtual void write(std::string_view bytes) = 0;  // queued; several writes of one loop turn leave in one system call
  virtual void finish(Headers trailers = {}) = 0;  // trailers are dropped on HTTP/1.1
  // Ends a started answer so that the peer can tell it is truncated: RST_STREAM(INTERNAL_ERROR), or closing without the
  // final chunk.
  virtual void abort() = 0;

  // Bytes written that the transport has not taken yet: the measure for back-pressure.
  virtual std::size_t queued() const = 0;
  virtual bool closed() const = 0;

  // Called once, never inline, when queued() has fallen below `low_water` or the peer has gone; replaces an earlier
  // one. For write() loops.
  virtual void when_drained(std::size_t low_water, std::move_only_function<void()> callback) = 0;
  // Called at most once, on the loop, if the peer cancels or the connection breaks before the answer was complete. Not
  // called after the answer has been handed over completely. Replaces an earlier callback; null clears it.
  virtual void when_closed(std::move_only_function<void()> callback) = 0;
};

using ExchangePtr = std::shared_ptr<Exchange>;

}  // namespace manta::net
