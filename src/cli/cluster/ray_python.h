#pragma once

#include <string>
#include <vector>

#include <manta/error.h>
#include <manta/task.h>

#include "base/loop.h"
#include "cli/environment.h"

namespace manta::cli {

// The Python that has Ray, and the folder of the package manta_ray.
struct RayPython {
  std::string program;  // absolute path, or a name to look up in $PATH
  std::string package_dir;
};

// $MANTA_RAY_PYTHON, else that of `make ray` (<MANTA_CACHE or ~/.cache/manta>/ray/bin/python), else python3. The
// package is beside the binary, where it was installed (<prefix>/share/manta/python), else in the source tree it was
// built from. NotFound says what to install.
Result<RayPython> find_ray_python(const Environment& environment, const std::string& own_binary);

// The environment of this process with the package to be found; what a Python that runs it gets.
std::vector<std::string> python_environment(const RayPython& python, const Environment& environment);

// Runs `python -m manta_ray <words>` with JSON on its standard input and returns the JSON of its "ok". An answer that
// is an error becomes ours: message and remedy, and as detail the reason (protocol.py).
Task<Result<std::string>> ask_manta_ray(Loop& loop, const RayPython& python, const Environment& environment,
                                        std::vector<std::string> words, std::string json, Duration limit);

}  // namespace manta::cli
