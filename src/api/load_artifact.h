#pragma once

#include <map>
#include <string>

#include <manta/application.h>
#include <manta/error.h>

namespace manta::api {

// Where a build function comes from.
struct ArtifactReference {
  std::string kind;      // "library": a shared object; "builtin": by name; "executable": inside this program
  std::string path;      // of a library
  std::string function;  // of a library ("build"), or the name of a builtin
};

// The build function behind `reference`. A library stays loaded. Errors name the file or name, what is wrong and what
// to do: not there, not exported, built for another version of Manta. `builtin_build`: of manta::main(), or null.
Result<BuildFunction> load_build(const ArtifactReference& reference,
                                 const std::map<std::string, BuildFunction>& builtins,
                                 const BuildFunction* builtin_build);

// Runs it: what it throws becomes an error.
Result<std::vector<Application>> run_build(const BuildFunction& build, const std::string& args_json);

}  // namespace manta::api
