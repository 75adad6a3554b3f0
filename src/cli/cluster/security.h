#pragma once

#include <manta/error.h>

#include "cli/environment.h"
#include "net/peer_security.h"

namespace manta::cli {

// What this process proves to others of its instance over TCP, from MANTA_CLUSTER_TOKEN, and MANTA_CLUSTER_CERT,
// MANTA_CLUSTER_KEY and MANTA_CLUSTER_CA where certificates are given. Null without a token: an instance on one
// machine. InvalidArgument names the variable or file that is wrong.
Result<net::PeerSecurityPtr> cluster_security(const Environment& environment);

}  // namespace manta::cli
