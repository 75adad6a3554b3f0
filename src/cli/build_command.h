#pragma once

#include <string>
#include <vector>

#include "cli/environment.h"

namespace manta::cli {

struct BuildRequest {
  std::vector<std::string> import_paths;
  std::string directory = ".";  // import paths are relative to it
  std::string output;           // file; empty: standard output
};

// Writes a configuration file for what import paths build: each deployment by name, with what its code says where that
// is no default. Returns the exit code.
int build_command(const BuildRequest& request, const Environment& environment);

}  // namespace manta::cli
