#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <string>

#include "engines/engine.h"

namespace manta::engines {

// A model that tools/setup installs. A missing one fails the test and says how to get it.
inline std::string model_path(const std::string& name) {
  const std::string path = std::string(MANTA_CACHE_DIR) + "/models/" + name;
  EXPECT_TRUE(std::filesystem::exists(path)) << "the model " << path << " is missing: run tools/setup";
  return path;
}

inline Engine& built_engine(const std::string& name) {
  const auto engine = load_engine(name, MANTA_BINARY_DIR "/lib/manta/engines");
  EXPECT_TRUE(engine) << engine.error().message;
  return **engine;
}

// A folder for one test's broken files; removed at the end.
class ScratchFolder {
 public:
  ScratchFolder() : path_(std::filesystem::temp_directory_path() / ("manta_engines_" + std::to_string(::getpid()))) {
    std::filesystem::create_directories(path_);
  }
  ~ScratchFolder() { std::filesystem::remove_all(path_); }
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;
  std::string file(const std::string& name) const { return (path_ / name).string(); }
  std::string path() const { return path_.string(); }

 private:
  std::filesystem::path path_;
};

inline bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace manta::engines
