#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/loop.h"
#include "net/address.h"
#include "net/exchange.h"
#include "net/peer_security.h"
#include "net/receive_budget.h"

namespace manta::net {

class BodyBuffers;

struct ServerOptions {
  // A trusted peer (handle, proxy, controller): cancels are not limited in rate, windows are as in the blueprint. The
  // public door keeps nghttp2's rapid-reset limit.
  bool internal = false;
  bool check_peer_uid = false;              // Unix sockets: refuse peers of another user (root is let in)
  std::size_t max_header_bytes = 64 << 10;  // beyond: 431
  std::size_t max_body_bytes = std::size_t{64}
                               << 20;    // beyond: 413, before the body is read when content-length says so
  std::size_t max_connections = 10'000;  // beyond: accepted later
  Duration header_timeout = std::chrono::seconds(10);  // from first byte to complete head: 408 and close
  Duration body_timeout = std::chrono::seconds(30);    // longest time for each step of a body (BodyPace): 408 and close
  Duration keep_alive_timeout = std::chrono::seconds(90);  // idle connection: closed
  Duration write_timeout = std::chrono::seconds(60);       // a client that stops reading: longest time without progress
  std::size_t max_write_queue = std::size_t{16}
                                << 20;  // bytes kept for one connection that reads slowly; pauses its requests
  std::shared_ptr<BodyBuffers> bodies;  // memory of large bodies over HTTP/1.1; null: fresh memory for each
  PeerSecurityPtr security;             // who connects over TCP proves that it belongs here; null: anybody may
  std::size_t max_unproven = 1024;      // connections that have not proved it yet; beyond: the oldest is closed
};

struct ServerStats {
  std::size_t connections = 0;
  std::size_t exchanges = 0;
};

// Accepts connections and speaks HTTP/1.1 or HTTP/2 (prior knowledge) on each, told apart by the first bytes. All on
// one loop. Protocol violations get the status the RFCs name (400, 408, 413, 414, 431, 501, 505) as a JSON error body,
// then close.
class Server {
 public:
  using Handler = std::function<void(ExchangePtr)>;
  // Told of each request that the server answers with an error of its own, which the handler therefore never sees, with
  // what is known of it (nothing if its first line was not understood). Gives the request id for the reply: visible
  // ASCII that needs no escaping in JSON, or nothing.
  using OnRefusal = std::function<std::string(const Request& request, int status)>;

  // `budget` outlives the server and every exchange of it.
  Server(Loop& loop, ServerOptions options, ReceiveBudget& budget, Handler handler);
  ~Server();  // closes everything; open exchanges see when_closed

  void listen(int fd);  // takes a listening descriptor; more than one is fine
  void accept(int fd);  // takes a connected descriptor
  // Stops accepting, tells HTTP/2 peers to go elsewhere (GOAWAY) and HTTP/1.1 ones by `connection: close`, closes each
  // connection once its exchanges are done. `done` is called when none is left.
  void drain(std::move_only_function<void()> done);
  // Called when a connection has ended, with its id.
  void on_disconnect(std::function<void(std::uint64_t)> callback);
  void on_refusal(OnRefusal callback);
  // Asked for each request whose body may be long (it announces no length, or more than 64 KiB): true gives it to the
  // handler at its head, with an Exchange::body_stream(). Its body has no limit of size and of pace then.
  void stream_bodies(std::function<bool(const Request& head)> wanted);
  ServerStats stats() const;

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace manta::net
