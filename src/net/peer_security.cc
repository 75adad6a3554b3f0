#include "net/peer_security.h"

#include <utility>

namespace manta::net {
namespace {

constexpr std::size_t kLeastToken = 16;

}  // namespace

struct PeerSecurity::Impl {
  PeerSecurityOptions options;
};

Result<PeerSecurityPtr> PeerSecurity::make(PeerSecurityOptions options) {
  if (options.token.size() < kLeastToken)
    return fail(ErrorCode::InvalidArgument, "the token of the instance is too short: it needs 16 bytes or more");
  return PeerSecurityPtr(new PeerSecurity(std::make_unique<Impl>(std::move(options))));
}

PeerSecurity::PeerSecurity(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
PeerSecurity::~PeerSecurity() = default;
std::uint64_t PeerSecurity::foreign_connections() const { return 0; }

}  // namespace manta::net
