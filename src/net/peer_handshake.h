#pragma once

#include <array>
#include <cstddef>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/loop.h"
#include "net/peer_proof.h"
#include "net/peer_security.h"
#include "net/socket.h"

namespace manta::net {

// The beginning of a connection whose ends have to prove that they belong together, at either end: TLS if there are
// certificates, then the proof. Reads no byte more than that, and writes nothing to who fails. Has the socket until it
// is over, which it is once: by `done`, from the loop, or by close(). Time limits are its owner's. Loop-confined.
class PeerHandshake final : public Socket::Events, public std::enable_shared_from_this<PeerHandshake> {
 public:
  // The socket, ready for HTTP; or why there is none, in words about the peer.
  using Done = std::move_only_function<void(std::expected<Socket, std::string>)>;

  // `peer` is how the words call it.
  PeerHandshake(Loop& loop, int fd, PeerProof::Role role, PeerSecurityPtr security, std::string peer, Done done);

  void start();                 // on a connected socket
  void start_when_connected();  // on a socket that is still connecting
  void close();                 // at once; `done` is not called
  void give_up(std::string_view reason);
  // The owner's time is up: gives up, with the reason that fits.
  void give_up_late();

 private:
  static constexpr std::size_t kLongest = PeerProof::kMagic.size() + PeerProof::kNonce + PeerProof::kHmac;
  enum class Phase { Connecting, Encrypting, Proving, Over };

  void on_read(std::size_t bytes) override;
  void on_writable() override;
  void on_lost(int error) override;

  void begin_proof();
  void write();
  void go_on();
  void peer_closed();
  void proof_failed(ProofFailure failure);
  bool is_client() const { return role_ == PeerProof::Role::Client; }

  Loop& loop_;
  Socket socket_;
  const PeerProof::Role role_;
  const PeerSecurityPtr security_;
  const std::string peer_;
  Done done_;
  Phase phase_ = Phase::Connecting;
  std::optional<PeerProof> proof_;
  std::string out_;  // not yet taken by the kernel
  std::array<char, kLongest> in_;
  std::size_t in_size_ = 0;
};

}  // namespace manta::net
