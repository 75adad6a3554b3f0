// A peer of a server that wants a proof: it sends anything, a right hello and then anything, or a right proof in which
// the input changes some bits. Two bytes say which, and how long the pieces are that it comes in.

#include <algorithm>
#include <optional>
#include <string>

#include "fuzz/exchange_harness.h"
#include "net/peer_handshake.h"

namespace manta::fuzz {
namespace {

constexpr std::string_view kToken = "0123456789abcdef";
constexpr std::size_t kHello = 72, kAnswer = 72, kProof = 32;

class FuzzedHandshake {
 public:
  FuzzedHandshake() {
    require(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair_.data()) == 0);
    static const net::PeerSecurityPtr security = net::PeerSecurity::make({.token = std::string(kToken)}).value();
    handshake_ = std::make_shared<net::PeerHandshake>(
        loop_, pair_[1], net::PeerProof::Role::Server, security, "the peer",
        [this](std::expected<net::Socket, std::string> outcome) { end(std::move(outcome)); });
    handshake_->start();
  }
  ~FuzzedHandshake() { ::close(pair_[0]); }

  void run(std::string_view input) {
    const int kind = static_cast<std::uint8_t>(input[0]) % 3;
    piece_ = 1 + static_cast<std::uint8_t>(input[1]);
    input.remove_prefix(2);
    if (kind == 0) {
      send(input);
      require(heard_.empty() && !socket_);
    } else {
      converse(input, kind == 2);
    }
    handshake_->give_up_late();
    loop_.poll();
    require(ends_ == 1);
  }

 private:
  void converse(std::string_view input, bool changes_bits) {
    net::PeerProof client(net::PeerProof::Role::Client, kToken, {}, std::string(net::PeerProof::kNonce, 'n'));
    const bool right_hello = send(changes_bits ? changed(client.start(), input) : client.start());
    require(heard_.size() == (right_hello ? kAnswer : 0));
    if (!right_hello) return require(!socket_);
    const std::string proof = client.take(heard_).value();
    const std::string said(changes_bits ? changed(proof, input) : input.substr(0, kProof));
    if (!changes_bits) input.remove_prefix(std::min(input.size(), kProof));
    send(said);
    require(heard_.size() == kAnswer);
    require(socket_.has_value() == (said == proof));
    if (!socket_) return;
    // What follows is left for HTTP.
    const std::string rest(input.substr(0, 1024));
    ::send(pair_[0], rest.data(), rest.size(), MSG_NOSIGNAL);
    std::array<char, 2048> buffer;
    const ssize_t left = ::recv(socket_->fd(), buffer.data(), buffer.size(), MSG_DONTWAIT);
    require(std::string_view(buffer.data(), left > 0 ? static_cast<std::size_t>(left) : 0) == rest);
  }

  // Takes from the input what is to be changed, bit by bit.
  static std::string changed(std::string message, std::string_view& input) {
    const std::size_t size = std::min(message.size(), input.size());
    for (std::size_t i = 0; i < size; ++i) message[i] = static_cast<char>(message[i] ^ input[i]);
    input.remove_prefix(size);
    return message;
  }

  // Says whether the server still listens.
  bool send(std::string_view bytes) {
    for (; !bytes.empty(); bytes.remove_prefix(std::min(piece_, bytes.size()))) {
      const std::string_view piece = bytes.substr(0, piece_);
      ::send(pair_[0], piece.data(), piece.size(), MSG_NOSIGNAL);
      loop_.poll();
    }
    std::array<char, 4096> buffer;
    ssize_t size = 0;
    while ((size = ::recv(pair_[0], buffer.data(), buffer.size(), MSG_DONTWAIT)) > 0)
      heard_.append(buffer.data(), static_cast<std::size_t>(size));
    return ends_ == 0;
  }

  void end(std::expected<net::Socket, std::string> outcome) {
    ++ends_;
    if (outcome)
      socket_.emplace(std::move(*outcome));
    else
      require(!outcome.error().empty());
  }

  VirtualClock clock_;
  Loop loop_{clock_};
  std::array<int, 2> pair_{-1, -1};
  std::shared_ptr<net::PeerHandshake> handshake_;
  std::size_t piece_ = 1;
  std::string heard_;
  std::optional<net::Socket> socket_;  // once proved
  int ends_ = 0;
};

}  // namespace
}  // namespace manta::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size >= 2) manta::fuzz::FuzzedHandshake().run(manta::fuzz::view(data, size));
  return 0;
}
