#pragma once

#include <string>

#include "control/details.h"

namespace manta::cli {

// What a person reads about one deployment: its state, and the reasons for it.
std::string explain_text(const std::string& application, const control::DeploymentDetails& deployment);

}  // namespace manta::cli
