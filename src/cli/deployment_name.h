#pragma once

#include <string>
#include <utility>

#include <manta/error.h>

#include "control/details.h"

namespace manta::cli {

// (application, deployment) of what a person calls DEPLOYMENT or APPLICATION/DEPLOYMENT. NotFound names what comes
// near; InvalidArgument lists the applications when several have it.
Result<std::pair<std::string, std::string>> find_deployment(const control::InstanceDetails& details,
                                                            const std::string& name);

}  // namespace manta::cli
