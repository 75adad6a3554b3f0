#pragma once

#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>

struct evp_md_ctx_st;

namespace manta::codec {

// SHA-256 of what was fed, piece by piece (files that need not be in memory).
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(Sha256&&) noexcept;
  Sha256& operator=(Sha256&&) noexcept;

  Sha256& update(std::string_view bytes);
  // Feeds length and text, so that ("ab", "c") and ("a", "bc") differ.
  Sha256& field(std::string_view text);
  // 64 lower-case digits. The object is spent afterwards.
  std::string hex();

 private:
  struct Free {
    void operator()(evp_md_ctx_st* context) const;
  };
  std::unique_ptr<evp_md_ctx_st, Free> context_;
};

std::string sha256_hex(std::string_view bytes);

// The hash of fields in order: versions and fingerprints.
std::string fingerprint(std::initializer_list<std::string_view> fields);

}  // namespace manta::codec
