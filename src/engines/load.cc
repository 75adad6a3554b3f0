#include <dlfcn.h>

#include <algorithm>
#include <filesystem>

#include "engines/engine.h"
#include "engines/message.h"

namespace manta::engines {
namespace {

constexpr std::string_view kPrefix = "libmanta_", kSuffix = ".so";

bool is_engine_name(std::string_view name) {
  const auto allowed = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; };
  return !name.empty() && std::ranges::all_of(name, allowed);
}

std::string engines_in(const std::string& directory) {
  std::vector<std::string> names;
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(directory, ignored)) {
    const std::string file = entry.path().filename();
    if (!file.starts_with(kPrefix) || !file.ends_with(kSuffix)) continue;
    names.push_back(file.substr(kPrefix.size(), file.size() - kPrefix.size() - kSuffix.size()));
  }
  std::ranges::sort(names);
  std::string list;
  for (const std::string& name : names) list += (list.empty() ? "" : ", ") + name;
  return list.empty() ? "none" : list;
}

std::unexpected<Error> not_found(std::string_view name, const std::string& path, const std::string& directory) {
  return fail(ErrorCode::NotFound,
              message("engine '{}' is not installed: there is no {} (engines in that folder: {}). Build it with "
                      "tools/setup and cmake, which leave it out with -DMANTA_ONNX=OFF or -DMANTA_LLAMA=OFF, or "
                      "install a Manta that has it",
                      name, path, engines_in(directory)),
              path);
}

}  // namespace

Result<Engine*> load_engine(std::string_view name, const std::string& directory) {
  if (!is_engine_name(name))
    return fail(ErrorCode::InvalidArgument, message("'{}' is no engine name (a-z, 0-9, _)", name));
  const std::string path = message("{}/{}{}{}", directory, kPrefix, name, kSuffix);
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored)) return not_found(name, path, directory);
  // Never closed: objects of the library may live until the process ends.
  void* library = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!library) {
    const char* why = ::dlerror();
    return fail(ErrorCode::Unavailable,
                message("engine '{}' does not load: {}; a library it needs may be missing (run tools/setup)", name,
                        why ? why : "unknown error"),
                path);
  }
  const auto entry = reinterpret_cast<EngineEntry>(::dlsym(library, "manta_engine"));
  if (!entry)
    return fail(ErrorCode::Unavailable, message("{} is not a Manta engine: it has no manta_engine function", path),
                path);
  Engine* engine = entry(kEngineAbi);
  if (!engine)
    return fail(ErrorCode::Unavailable,
                message("engine '{}' was built for another version of Manta (engine ABI {} is needed); rebuild {}",
                        name, kEngineAbi, path),
                path);
  return engine;
}

}  // namespace manta::engines
