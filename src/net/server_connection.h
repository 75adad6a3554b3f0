#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/loop.h"
#include "net/body_buffers.h"
#include "net/refusal.h"
#include "net/server.h"
#include "net/socket.h"

namespace manta::net {

// What the connections of one server share. Outlives the server while a connection winds up.
struct ServerContext {
  Loop& loop;
  ServerOptions options;
  ReceiveBudget& budget;
  Server::Handler handler;
  std::function<void(std::uint64_t)> on_connection_end;  // removes it from the server
  Server::OnRefusal on_refusal;
  std::function<bool(const Request&)> wants_stream;
  std::size_t exchanges = 0;  // given to the handler and not yet answered
  bool draining = false;

  void reserve(std::string& body, std::size_t size) {
    if (options.bodies)
      options.bodies->reserve(body, size);
    else
      body.reserve(size);
  }
  // Calls the handler. An exception out of it is dropped, and so is the exchange: it answers 500.
  void handle(ExchangePtr exchange) noexcept {
    try {
      handler(std::move(exchange));
    } catch (...) {
    }
  }
  // Whether a request is given to the handler at its head. `length` of its body, if it says one.
  bool gives_at_head(const Request& request, std::optional<std::size_t> length) noexcept {
    constexpr std::size_t kSmallBody = 64 << 10;
    if (!wants_stream || (length && *length <= kSmallBody)) return false;
    try {
      return wants_stream(request);
    } catch (...) {
      return false;
    }
  }
  // The answer to a request that the handler never sees. `request` is what is known of it.
  Response refuse(const Request& request, const Refusal& refusal) noexcept {
    try {
      return to_response(refusal, on_refusal ? on_refusal(request, refusal.status) : std::string());
    } catch (...) {
      return to_response(refusal);
    }
  }
};

// One accepted connection, of either protocol. Owned by its server until it ends.
class ServerConnection {
 public:
  virtual ~ServerConnection() = default;
  virtual void drain() = 0;  // no new requests; ends once those under way are answered
  // At once. Exchanges still open are told later, on the loop. The server is not told.
  virtual void close() = 0;
};

// The protocols, each starting with what has been read of the connection so far.
std::shared_ptr<ServerConnection> serve_http1(std::shared_ptr<ServerContext> context, std::uint64_t id, Socket socket,
                                              std::string_view received);
std::shared_ptr<ServerConnection> serve_http2(std::shared_ptr<ServerContext> context, std::uint64_t id, Socket socket,
                                              std::string_view received);

}  // namespace manta::net
