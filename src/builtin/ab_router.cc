#include <manta/builtin/ab_router.h>

#include <random>

#include <manta/detail/request_context.h>

namespace manta::builtin {
namespace {

// SplitMix64.
std::uint64_t scattered(std::uint64_t x) {
  x = (x ^ (x >> 30U)) * 0xbf58476d1ce4e5b9U;
  x = (x ^ (x >> 27U)) * 0x94d049bb133111ebU;
  return x ^ (x >> 31U);
}

std::uint64_t hash_of(const std::string& text) {
  std::uint64_t hash = 0xcbf29ce484222325U;  // FNV-1a
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
  return hash;
}

}  // namespace

ABChoice::ABChoice(double traffic_split)
    : split_(traffic_split), random_(std::uint64_t{std::random_device{}()} << 32U | std::random_device{}()) {
  if (!(traffic_split >= 0 && traffic_split <= 1))
    throw Exception({.code = ErrorCode::InvalidArgument,
                     .message = "ABRouter: traffic_split is the part of the first model, 0 to 1; found " +
                                std::to_string(traffic_split)});
}

bool ABChoice::takes_first() {
  const auto& request = manta::detail::current_request();
  const bool has_session = request && !request->session_id.empty();
  const std::uint64_t bits = has_session ? hash_of(request->session_id) : random_ += 0x9e3779b97f4a7c15U;
  return static_cast<double>(scattered(bits) >> 11U) * 0x1p-53 < split_;
}

}  // namespace manta::builtin
