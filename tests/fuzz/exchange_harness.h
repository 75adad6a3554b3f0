#pragma once

#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/loop.h"
#include "fuzz/require.h"
#include "net/server.h"

namespace manta::fuzz {

// The fuzzer's end of a socket pair: sends the input in pieces, reads what comes, lets time pass.
class Peer {
 public:
  Peer(Loop& loop, VirtualClock& clock) : loop_(loop), clock_(clock) {
    require(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair_.data()) == 0);
  }
  ~Peer() { close(); }
  int take_other_end() { return pair_[1]; }

  void send(std::string_view bytes) {
    ::send(pair_[0], bytes.data(), bytes.size(), MSG_NOSIGNAL);
    loop_.poll();
    receive();
  }
  // The first byte says how long the pieces are; a piece that begins with 0xfe lets a second pass.
  void send_in_pieces(std::string_view input) {
    if (input.empty()) return;
    const std::size_t piece = 1 + static_cast<std::uint8_t>(input.front()) * std::size_t{16};
    for (input.remove_prefix(1); !input.empty(); input.remove_prefix(std::min(piece, input.size()))) {
      if (input.front() == '\xfe') clock_.advance(std::chrono::seconds(1));
      send(input.substr(0, piece));
    }
  }
  void receive() {
    std::array<char, 16384> buffer;
    while (::recv(pair_[0], buffer.data(), buffer.size(), MSG_DONTWAIT) > 0) {
    }
  }
  void close() {
    if (pair_[0] >= 0) ::close(std::exchange(pair_[0], -1));
  }
  // Everything that is left has its time limit.
  void outlast() {
    for (int i = 0; i < 4; ++i) {
      clock_.advance(std::chrono::minutes(2));
      loop_.poll();
      receive();
    }
  }

 private:
  Loop& loop_;
  VirtualClock& clock_;
  std::array<int, 2> pair_{-1, -1};
};

// A server whose handler does, by the length of the target, one of the things handlers do.
class FuzzedServer {
 public:
  explicit FuzzedServer(bool internal)
      : server_(loop, options(internal), budget, [this](net::ExchangePtr exchange) { handle(std::move(exchange)); }) {}

  void run(std::string_view prefix, std::string_view input) {
    Peer peer(loop, clock);
    server_.accept(peer.take_other_end());
    if (!prefix.empty()) peer.send(prefix);
    peer.send_in_pieces(input);
    answer_held(peer);
    peer.outlast();
    answer_held(peer);
    peer.close();
    loop.poll();
    clock.advance(std::chrono::minutes(5));
    loop.poll();
    require(server_.stats().connections == 0);
    require(server_.stats().exchanges == 0);
    require(budget.used() == 0);
  }

  VirtualClock clock;
  Loop loop{clock};
  net::ReceiveBudget budget{1 << 20};

 private:
  static net::ServerOptions options(bool internal) {
    return {.internal = internal, .max_header_bytes = 4096, .max_body_bytes = 64 << 10, .max_write_queue = 64 << 10};
  }

  void handle(net::ExchangePtr exchange) {
    const net::Request& request = exchange->request();
    require(!request.method.empty());
    require(request.body.size() <= 64 << 10);
    switch (request.target.size() % 5) {
      case 0:
        return;
      case 1:
        return exchange->respond({.headers = request.headers, .body = request.body});
      case 2:
        exchange->start(200, request.headers);
        exchange->write(request.body);
        exchange->write("more");
        return exchange->finish({{"x-end", "yes"}});
      case 3:
        exchange->start(200, {});
        exchange->write("part");
        return exchange->abort();
      default:
        held_.push_back(std::move(exchange));
    }
  }

  // An answer may let the next of several pipelined requests through, which may be held, too.
  void answer_held(Peer& peer) {
    while (!held_.empty()) {
      for (auto& exchange : std::exchange(held_, {})) exchange->respond({.body = "late"});
      loop.poll();
      peer.receive();
    }
  }

  std::vector<net::ExchangePtr> held_;
  net::Server server_;
};

inline std::string_view view(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

}  // namespace manta::fuzz
