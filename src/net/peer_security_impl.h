#pragma once

#include <memory>

#include "net/foreign_report.h"
#include "net/peer_security.h"
#include "net/tls_context.h"

namespace manta::net {

struct PeerSecurity::Impl {
  Impl(PeerSecurityOptions with, std::shared_ptr<const TlsContext> context)
      : options(std::move(with)), tls(std::move(context)), foreign(options.on_foreign) {}

  const PeerSecurityOptions options;
  const std::shared_ptr<const TlsContext> tls;  // null: without certificates
  mutable ForeignReport foreign;
};

}  // namespace manta::net
