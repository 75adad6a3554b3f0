#pragma once

#include <cstddef>
#include <expected>
#include <string>
#include <string_view>

namespace manta::net {

// How a proof fails.
enum class ProofFailure {
  NotManta,      // the peer speaks something else
  OtherVersion,  // the peer speaks another version of this
  WrongToken,    // the peer does not know the token, or repeats what another said
};

// The mutual proof that begins a connection between two processes of an instance: each shows that it knows the token,
// which is never sent. Three messages, of which these are the bytes (docs/reference/protocol.md):
//
//   client  hello   kMagic, its nonce, HMAC("manta client hello", client's nonce)
//   server  answer  kMagic, its nonce, HMAC("manta server proof", both nonces)
//   client  proof   HMAC("manta client proof", both nonces)
//
// The hello alone proves nothing, as it may be repeated; without it the server says nothing at all. One end's part of
// one connection, without input or output: start(), then take() for each message until wanted() is 0.
class PeerProof {
 public:
  enum class Role { Client, Server };
  static constexpr std::string_view kMagic = "MANTA1\r\n";
  static constexpr std::size_t kNonce = 32;
  static constexpr std::size_t kHmac = 32;

  // `binding` is something that only the two ends of this very connection know, such as TLS has; empty: there is none.
  // `nonce` has kNonce bytes and is never used again. `token` must outlive the proof.
  PeerProof(Role role, std::string_view token, std::string binding, std::string nonce);

  std::string start();                            // what to send first; the server's is empty
  std::size_t wanted() const { return wanted_; }  // size of the message to come; 0: the peer has proved itself
  // Whether the beginning of a message can still become one.
  std::expected<void, ProofFailure> look(std::string_view begun) const;
  // A whole message of wanted() bytes: gives what to send in return, which may be nothing.
  std::expected<std::string, ProofFailure> take(std::string_view message);

 private:
  std::string hmac(std::string_view label, std::string_view nonces) const;
  std::expected<std::string, ProofFailure> take_hello(std::string_view message);
  std::expected<std::string, ProofFailure> take_answer(std::string_view message);
  std::expected<std::string, ProofFailure> take_proof(std::string_view message);

  const Role role_;
  const std::string_view token_;
  const std::string binding_;
  const std::string nonce_;
  std::string nonces_;  // the client's, then the server's, once both are known
  std::size_t wanted_;
};

// Fresh bytes for a proof.
std::string make_nonce();

}  // namespace manta::net
