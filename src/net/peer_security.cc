#include "net/peer_security.h"

#include <utility>

#include "net/peer_security_impl.h"

namespace manta::net {
namespace {

constexpr std::size_t kLeastToken = 16;

}  // namespace

Result<PeerSecurityPtr> PeerSecurity::make(PeerSecurityOptions options) {
  if (options.token.size() < kLeastToken)
    return fail(ErrorCode::InvalidArgument, "the token of the instance is too short: it needs 16 bytes or more");
  const int files =
      int{!options.certificate_file.empty()} + int{!options.key_file.empty()} + int{!options.authority_file.empty()};
  if (files != 0 && files != 3)
    return fail(ErrorCode::InvalidArgument,
                "TLS between processes needs the files of certificate, key and authority: give all three or none");
  std::shared_ptr<const TlsContext> tls;
  if (files == 3) {
    auto made = TlsContext::make(options.certificate_file, options.key_file, options.authority_file);
    if (!made) return std::unexpected(made.error());
    tls = std::move(*made);
  }
  return PeerSecurityPtr(new PeerSecurity(std::make_unique<Impl>(std::move(options), std::move(tls))));
}

PeerSecurity::PeerSecurity(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
PeerSecurity::~PeerSecurity() = default;
std::uint64_t PeerSecurity::foreign_connections() const { return impl_->foreign.total(); }

}  // namespace manta::net
