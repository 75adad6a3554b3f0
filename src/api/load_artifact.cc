#include "api/load_artifact.h"

#include <dlfcn.h>

#include <filesystem>

#include <manta/manta.h>

namespace manta::api {
namespace {

Result<BuildFunction> load_library(const ArtifactReference& reference) {
  if (!std::filesystem::exists(reference.path))
    return fail(ErrorCode::NotFound,
                "shared object not found: " + reference.path + "; build it, or correct import_path", reference.path);
  void* library = dlopen(reference.path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!library) {
    const char* why = dlerror();
    return fail(ErrorCode::InvalidArgument, "cannot load " + reference.path + ": " + (why ? why : "unknown reason"),
                reference.path);
  }
  const std::string symbol = "manta_app_" + reference.function;
  const auto* entry = static_cast<const detail::ArtifactEntry*>(dlsym(library, symbol.c_str()));
  if (!entry)
    return fail(ErrorCode::NotFound,
                reference.path + " exports no application '" + reference.function + "'; write MANTA_APP(" +
                    reference.function + ") in it, or correct the name behind ':' in import_path",
                reference.path);
  if (entry->abi != detail::kAbi)
    return fail(ErrorCode::InvalidArgument,
                reference.path + " was built for Manta " + entry->version + " (ABI " + std::to_string(entry->abi) +
                    "), this is " + MANTA_VERSION + " (ABI " + std::to_string(detail::kAbi) + "); build it again",
                reference.path);
  return BuildFunction(entry->build);
}

Result<BuildFunction> find_builtin(const std::string& name, const std::map<std::string, BuildFunction>& builtins) {
  if (const auto found = builtins.find(name); found != builtins.end()) return found->second;
  std::string known;
  for (const auto& [key, build] : builtins) known += (known.empty() ? "" : ", ") + key;
  return fail(ErrorCode::NotFound, "there is no builtin:" + name + "; known: " + known);
}

}  // namespace

Result<BuildFunction> load_build(const ArtifactReference& reference,
                                 const std::map<std::string, BuildFunction>& builtins,
                                 const BuildFunction* builtin_build) {
  if (reference.kind == "library") return load_library(reference);
  if (reference.kind == "builtin") return find_builtin(reference.function, builtins);
  if (builtin_build && *builtin_build) return *builtin_build;
  return fail(ErrorCode::InvalidArgument,
              "this program holds no application: its main() must return manta::main(argc, argv, build)");
}

Result<std::vector<Application>> run_build(const BuildFunction& build, const std::string& args_json) {
  try {
    std::vector<Application> applications = build(Args::parse(args_json));
    if (applications.empty()) return fail(ErrorCode::InvalidArgument, "build() returned no application");
    return applications;
  } catch (const Exception& exception) {
    Error error = exception.error();
    error.message = "build() failed: " + error.message;
    return std::unexpected(std::move(error));
  } catch (const std::exception& exception) {
    return fail(ErrorCode::AppError, std::string("build() failed: ") + exception.what());
  }
}

}  // namespace manta::api
