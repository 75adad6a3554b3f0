#pragma once

#include <memory>
#include <string>
#include <utility>

#include "net/address.h"
#include "net/lazy_timer.h"
#include "net/peer_handshake.h"
#include "net/server_connection.h"

namespace manta::net {

// An accepted connection that has yet to prove that it belongs to this instance. Hands its socket over once it has.
class UnprovenConnection final : public ServerConnection {
 public:
  UnprovenConnection(Loop& loop, int fd, PeerSecurityPtr security, PeerHandshake::Done done)
      : handshake_(std::make_shared<PeerHandshake>(loop, fd, PeerProof::Role::Server, std::move(security), name_of(fd),
                                                   std::move(done))),
        timer_(loop, [this] { handshake_->give_up_late(); }) {}
  ~UnprovenConnection() override { handshake_->close(); }

  void start(TimePoint deadline) {
    timer_.set(deadline);
    handshake_->start();
  }
  void give_up(std::string_view reason) { handshake_->give_up(reason); }
  void drain() override { handshake_->give_up({}); }
  void close() override { handshake_->close(); }

 private:
  static std::string name_of(int fd) {
    const auto address = remote_address(fd);
    return address ? "the peer at " + address->text : std::string("a peer");
  }

  std::shared_ptr<PeerHandshake> handshake_;
  LazyTimer timer_;
};

}  // namespace manta::net
