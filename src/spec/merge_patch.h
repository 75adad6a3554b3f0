#pragma once

#include <string>

#include <manta/error.h>

namespace manta::spec {

// `target` changed as `patch` says (RFC 7386): members of objects are replaced one by one, null removes one, anything
// else replaces what was there. Both are JSON; InvalidArgument when one is not.
Result<std::string> merge_patch(const std::string& target, const std::string& patch);

// The same for an application of a configuration file, whose deployments are merged by name: those that `patch` does
// not name stay, new ones are added.
Result<std::string> merge_application(const std::string& target, const std::string& patch);

}  // namespace manta::spec
