#pragma once

#include <string>

#include "control/details.h"

namespace manta::cli {

// What a person reads about one deployment: its state, and the reasons for it. `page`: the metrics of the instance, for
// what was turned away; empty: not known.
std::string explain_text(const std::string& application, const control::DeploymentDetails& deployment,
                         const std::string& page = {});

}  // namespace manta::cli
