#pragma once

#include <string>
#include <string_view>

#include "control/details.h"

namespace manta::cli {

// Which replica the next request may get: each that runs with its requests of now, and how the policy chooses among
// them. What is full gets none.
std::string candidates_text(const control::DeploymentDetails& deployment);

// Requests that were turned away since the callers began, by the bound that turned them away, from a page of metrics:
// "12 by max_queued_requests"; empty when there were none.
std::string turned_away_text(const std::string& application, const std::string& deployment, std::string_view page);

}  // namespace manta::cli
