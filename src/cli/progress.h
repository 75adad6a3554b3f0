#pragma once

#include <string>
#include <vector>

#include "spec/status.h"

namespace manta::cli {

// What a person who waits for `run` wants to read about the step from one status to the next: applications and
// deployments that changed, with the time since the start and the reasons. Pure.
std::vector<std::string> progress_lines(const spec::InstanceStatus& before, const spec::InstanceStatus& after,
                                        double elapsed_s);

bool all_running(const spec::InstanceStatus& status);
// Messages of the applications that failed to deploy, joined; empty if none did.
std::string deploy_failures(const spec::InstanceStatus& status);

}  // namespace manta::cli
