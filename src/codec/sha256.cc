#include "codec/sha256.h"

#include <array>
#include <cstdint>
#include <cstdlib>

#include <openssl/evp.h>

namespace manta::codec {
namespace {

// libcrypto fails here only without memory or without its own algorithms: nothing can go on.
void require(bool ok) {
  if (!ok) std::abort();
}

}  // namespace

void Sha256::Free::operator()(evp_md_ctx_st* context) const { EVP_MD_CTX_free(context); }

Sha256::Sha256() : context_(EVP_MD_CTX_new()) {
  require(context_ && EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr) == 1);
}
Sha256::~Sha256() = default;
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256& Sha256::operator=(Sha256&&) noexcept = default;

Sha256& Sha256::update(std::string_view bytes) {
  require(EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()) == 1);
  return *this;
}

Sha256& Sha256::field(std::string_view text) { return update(std::to_string(text.size()) + ":").update(text); }

std::string Sha256::hex() {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::array<std::uint8_t, 32> digest{};
  unsigned size = 0;
  require(EVP_DigestFinal_ex(context_.get(), digest.data(), &size) == 1 && size == digest.size());
  std::string text;
  for (const std::uint8_t byte : digest) text.append({kHex[byte >> 4], kHex[byte & 15]});
  return text;
}

std::string sha256_hex(std::string_view bytes) { return Sha256().update(bytes).hex(); }

std::string fingerprint(std::initializer_list<std::string_view> fields) {
  Sha256 hash;
  for (const std::string_view field : fields) hash.field(field);
  return hash.hex();
}

}  // namespace manta::codec
