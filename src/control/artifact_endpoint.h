#pragma once

#include <string>
#include <string_view>

#include "control/artifact_store.h"
#include "net/exchange.h"

namespace manta::control {

// Behind it the hash of an artifact: GET gives the file to the replicas of other machines.
inline constexpr std::string_view kArtifactsPath = "/-/artifacts/";

// Streams the artifact, no faster than the peer takes it and a part at a time, so that the loop goes on meanwhile. 404
// for an unknown one; a file that cannot be read on ends the answer early, and the peer can tell.
void answer_artifact(const ArtifactStore& store, const std::string& sha256, const net::ExchangePtr& exchange);

}  // namespace manta::control
