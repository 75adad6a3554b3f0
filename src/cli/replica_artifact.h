#pragma once

#include <string>

#include <manta/error.h>

#include "cli/environment.h"
#include "control/replica_spec.h"
#include "net/peer_security.h"

namespace manta::cli {

// Where this machine has the replica's code: its own path when the content there is right, else the copy in the cache
// ($MANTA_ARTIFACT_CACHE, by default manta/artifacts below $XDG_CACHE_HOME or ~/.cache), fetched from the controller if
// need be. Blocks, for initialization_timeout_s at most. A built-in has none: empty.
Result<std::string> local_artifact(const control::ReplicaSpec& spec, const Environment& environment,
                                   const net::PeerSecurityPtr& security);

// Whether this process executes the artifact of the replica, by its path: it was started from a folder of that hash, or
// from where the controller has it.
bool is_program(const control::ReplicaSpec& spec);

// Becomes the program that the artifact is, with the arguments of this process: for an artifact that is an executable,
// where nobody could execute it before it was fetched. Returns only when that fails.
Error become_program(const control::ReplicaSpec& spec, int listen_fd, const Environment& environment,
                     const net::PeerSecurityPtr& security);

}  // namespace manta::cli
