#pragma once

#include <gmock/gmock.h>

#include <cerrno>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "net/peer_security.h"
#include "net_fixture.h"

namespace manta::net {

inline constexpr std::string_view kToken = "the token of this instance";

// Stands in the way between a client and a server: sees all that goes by, and changes it where a test says so.
class Wire {
 public:
  using Alter = std::function<void(std::string&)>;
  Wire(int to_client, int to_server) : client_(to_client), server_(to_server) {}

  // Passes on what has come; says whether there was anything.
  bool pump() {
    const bool there = pass(client_, server_, request_left_, from_client, alter_request);
    const bool back = pass(server_, client_, answer_left_, from_server, alter_answer);
    return there || back;
  }
  void cut() {
    client_.close();
    server_.close();
  }

  std::string from_client, from_server;  // all that was passed on
  Alter alter_request, alter_answer;

 private:
  static constexpr std::size_t kPiece = 64 << 10;

  static bool pass(RawPeer& from, RawPeer& to, std::string& left, std::string& all, const Alter& alter) {
    if (left.empty()) {
      left.resize(kPiece);
      const ssize_t size = ::recv(from.fd(), left.data(), left.size(), MSG_DONTWAIT);
      left.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
      if (size == 0 || (size < 0 && errno != EAGAIN)) to.end_sending();
      if (left.empty()) return false;
      if (alter) alter(left);
      all += left;
    }
    const ssize_t sent = ::send(to.fd(), left.data(), left.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent > 0) left.erase(0, static_cast<std::size_t>(sent));
    return sent > 0;
  }

  RawPeer client_, server_;
  std::string request_left_, answer_left_;  // that the other side has no room for yet
};

// Servers and channels that have to prove that they belong together, over TCP.
class PeerTest : public NetTest {
 protected:
  PeerTest() : NetTest(Transport::Tcp) {}

  PeerSecurityPtr make_security(PeerSecurityOptions options) {
    options.on_foreign = [this](std::string_view latest, std::uint64_t count) {
      told.emplace_back(latest);
      told_count += count;
    };
    const auto made = PeerSecurity::make(std::move(options));
    EXPECT_TRUE(made.has_value()) << made.error().message;
    return made.value_or(nullptr);
  }
  PeerSecurityPtr knowing(std::string_view token) { return make_security({.token = std::string(token)}); }

  void serve_echo(PeerSecurityPtr security, ServerOptions options = {.internal = true}) {
    ours = security;
    options.security = std::move(security);
    serve(options, [this](const ExchangePtr& exchange) {
      ++requests;
      echo(exchange);
    });
  }
  std::unique_ptr<Channel> connect(PeerSecurityPtr security) {
    return connect_channel({.security = std::move(security)});
  }
  // As connect(), through `wire`.
  std::unique_ptr<Channel> connect_through_wire(PeerSecurityPtr security) {
    const auto near = tcp_pair(), far = tcp_pair();
    server->accept(far[0]);
    wire = std::make_unique<Wire>(near[0], far[1]);
    return std::make_unique<Channel>(loop, near[1], ChannelOptions{.security = std::move(security)}, client_budget);
  }
  void settle_wire() {
    do settle();
    while (wire->pump());
    settle();
  }
  // The proof of somebody who knows the token, as the server saw it, hello and proof.
  std::string record_a_proof() {
    const auto channel = connect_through_wire(ours);
    TestCall call(*channel, "/", "x");
    settle_wire();
    EXPECT_EQ(call.call->status(), 200);
    return wire->from_client.substr(0, kHello + kProof);
  }
  static constexpr std::size_t kHello = 72, kAnswer = 72, kProof = 32;

  PeerSecurityPtr ours;  // of the server
  std::unique_ptr<Wire> wire;
  int requests = 0;               // that reached the server's handler
  std::vector<std::string> told;  // of foreign connections
  std::uint64_t told_count = 0;
};

}  // namespace manta::net
