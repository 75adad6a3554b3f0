#pragma once

#include <map>
#include <string>
#include <vector>

#include <manta/error.h>
#include <manta/task.h>

#include "base/loop.h"
#include "control/application_record.h"
#include "spec/application_graph.h"

namespace manta::cli {

// What `artifact` builds: runs `manta describe` (or the application's own executable) in a child, with `environment` on
// top of `base`. Fails as runtime::run_captured does, or with InvalidArgument when the child prints something else.
Task<Result<std::vector<spec::ApplicationGraph>>> describe_artifact(Loop& loop, std::vector<std::string> base,
                                                                    control::ArtifactRef artifact, std::string args,
                                                                    std::map<std::string, std::string> environment);

}  // namespace manta::cli
