#include "net/peer_proof.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include <array>
#include <cstdlib>
#include <utility>

namespace manta::net {
namespace {

constexpr std::size_t kName = 5;  // of the magic; the rest is the version
constexpr std::size_t kGreeting = PeerProof::kMagic.size() + PeerProof::kNonce + PeerProof::kHmac;

// One for each message, so that none can stand for another. The zero at the end is part of them.
constexpr std::string_view kHelloLabel("manta client hello\0", 19);
constexpr std::string_view kAnswerLabel("manta server proof\0", 19);
constexpr std::string_view kProofLabel("manta client proof\0", 19);

const unsigned char* octets(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

// Takes the same time wherever they differ.
bool same_bytes(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::string_view nonce_of(std::string_view greeting) {
  return greeting.substr(PeerProof::kMagic.size(), PeerProof::kNonce);
}
std::string_view hmac_of(std::string_view greeting) { return greeting.substr(greeting.size() - PeerProof::kHmac); }

}  // namespace

PeerProof::PeerProof(Role role, std::string_view token, std::string binding, std::string nonce)
    : role_(role), token_(token), binding_(std::move(binding)), nonce_(std::move(nonce)), wanted_(kGreeting) {}

std::string PeerProof::start() {
  if (role_ == Role::Server) return {};
  return std::string(kMagic) + nonce_ + hmac(kHelloLabel, nonce_);
}

std::expected<void, ProofFailure> PeerProof::look(std::string_view begun) const {
  if (wanted_ != kGreeting) return {};
  const std::string_view magic = begun.substr(0, kMagic.size());
  if (kMagic.starts_with(magic)) return {};
  const bool is_manta = magic.starts_with(kMagic.substr(0, kName));
  return std::unexpected(is_manta ? ProofFailure::OtherVersion : ProofFailure::NotManta);
}

std::expected<std::string, ProofFailure> PeerProof::take(std::string_view message) {
  if (const auto looked = look(message); !looked) return std::unexpected(looked.error());
  if (role_ == Role::Client) return take_answer(message);
  return nonces_.empty() ? take_hello(message) : take_proof(message);
}

std::expected<std::string, ProofFailure> PeerProof::take_hello(std::string_view message) {
  const std::string_view nonce = nonce_of(message);
  if (!same_bytes(hmac(kHelloLabel, nonce), hmac_of(message))) return std::unexpected(ProofFailure::WrongToken);
  nonces_ = std::string(nonce) + nonce_;
  wanted_ = kHmac;
  return std::string(kMagic) + nonce_ + hmac(kAnswerLabel, nonces_);
}

std::expected<std::string, ProofFailure> PeerProof::take_answer(std::string_view message) {
  nonces_ = nonce_ + std::string(nonce_of(message));
  if (!same_bytes(hmac(kAnswerLabel, nonces_), hmac_of(message))) return std::unexpected(ProofFailure::WrongToken);
  wanted_ = 0;
  return hmac(kProofLabel, nonces_);
}

std::expected<std::string, ProofFailure> PeerProof::take_proof(std::string_view message) {
  if (!same_bytes(hmac(kProofLabel, nonces_), message)) return std::unexpected(ProofFailure::WrongToken);
  wanted_ = 0;
  return std::string();
}

// HMAC-SHA256 with the token as key. Every part but the last, which is empty or of one size, has a size of its own
// given by the label: no two inputs are the same bytes.
std::string PeerProof::hmac(std::string_view label, std::string_view nonces) const {
  std::string input(label);
  input.append(kMagic).append(nonces).append(binding_);
  std::array<unsigned char, kHmac> out;
  std::size_t size = 0;
  if (EVP_Q_mac(nullptr, "HMAC", nullptr, "SHA256", nullptr, token_.data(), token_.size(), octets(input), input.size(),
                out.data(), out.size(), &size) == nullptr ||
      size != out.size())
    std::abort();  // a broken installation: nothing may be taken for proved
  return {reinterpret_cast<const char*>(out.data()), out.size()};
}

std::string make_nonce() {
  std::array<unsigned char, PeerProof::kNonce> bytes;
  if (RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1) std::abort();  // as above
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace manta::net
