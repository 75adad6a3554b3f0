#pragma once

#include <string>

#include <manta/error.h>

#include "base/clock.h"
#include "net/peer_security.h"

namespace manta::cli {

// An artifact that the controller has.
struct RemoteArtifact {
  std::string controller_address;  // "10.0.0.1:8267", "unix:/path"
  net::PeerSecurityPtr security;   // for an address over TCP
  std::string sha256;
};

// Writes it to `path`, piece by piece as it comes. A controller that is away is tried again until `limit` has passed:
// Unavailable then. NotFound: it has no such artifact. Blocks, with a loop of its own.
Result<void> fetch_artifact(const RemoteArtifact& artifact, const std::string& path, Duration limit);

}  // namespace manta::cli
