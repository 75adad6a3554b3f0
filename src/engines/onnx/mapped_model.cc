#include "engines/onnx/mapped_model.h"

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <functional>

#include "engines/message.h"

namespace manta::engines::onnx {
namespace {

namespace fs = std::filesystem;

constexpr const char* kModelFile = "model.onnx";

// Model name and feature flags: what ONNX Runtime chooses its kernels by.
std::string cpu_description() {
  std::ifstream info("/proc/cpuinfo");
  std::string description;
  for (std::string line; std::getline(info, line) && !line.empty();)
    if (line.starts_with("model name") || line.starts_with("flags") || line.starts_with("Features"))
      description += line;
  return description;
}

std::string copy_name(const fs::path& model) {
  const std::string identity =
      message("{} {} {} {} {}", fs::canonical(model).string(), fs::file_size(model),
              fs::last_write_time(model).time_since_epoch().count(), Ort::GetBuildInfoString(), cpu_description());
  return std::to_string(std::hash<std::string>{}(identity));
}

void write_copy(Ort::Env& env, const std::string& model, const fs::path& folder, Ort::SessionOptions& options) {
  options.SetOptimizedModelFilePath((folder / kModelFile).c_str());
  options.AddConfigEntry("session.optimized_model_external_initializers_file_name", "weights");
  options.AddConfigEntry("session.optimized_model_external_initializers_min_size_in_bytes", "1024");
  options.AddConfigEntry("session.save_external_prepacked_constant_initializers", "1");
  const Ort::Session session(env, model.c_str(), options);
}

}  // namespace

Result<std::string> mapped_model(Ort::Env& env, const std::string& model, const std::string& folder,
                                 Ort::SessionOptions& options) try {
  const fs::path copy = fs::path(folder) / copy_name(model);
  if (!fs::exists(copy)) {
    const fs::path draft = copy.string() + message(".{}", ::getpid());
    fs::create_directories(draft);
    write_copy(env, model, draft, options);
    std::error_code was_made;  // by another process: its copy is as good
    fs::rename(draft, copy, was_made);
    if (was_made) fs::remove_all(draft);
  }
  return (copy / kModelFile).string();
} catch (const fs::filesystem_error& e) {
  return fail(ErrorCode::InvalidArgument,
              message("weights_cache: {} cannot hold a copy of {}: {}", folder, model, e.code().message()), folder);
}

}  // namespace manta::engines::onnx
