#pragma once

#include <string>
#include <string_view>

struct evp_md_ctx_st;

namespace manta::control {

// A hash fed piece by piece.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;

  void add(std::string_view bytes);
  std::string hex();  // 64 hexadecimal digits; once, at the end

 private:
  evp_md_ctx_st* context_;
};

std::string sha256_hex(std::string_view bytes);

}  // namespace manta::control
