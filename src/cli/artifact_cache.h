#pragma once

#include <functional>
#include <string>

#include <manta/error.h>

namespace manta::cli {

// 64 lower-case digits. Unavailable when the file cannot be read. Blocks on file I/O.
Result<std::string> hash_of_file(const std::string& path);

// Artifacts that came from the controller, on a machine that has them not: <folder>/<sha256>/<file name>. Shared by all
// replicas of this user on the machine: one fetches, the others wait for it; a file has its final name only when it is
// whole and its hash is right, and is never changed then. What nobody has used for a week is removed.
class ArtifactCache {
 public:
  // Writes the artifact to that path, which does not exist.
  using Fetch = std::function<Result<void>(const std::string& path)>;

  explicit ArtifactCache(std::string folder) : folder_(std::move(folder)) {}

  // Where the artifact is, fetched if it is not there or is not what it was. Internal when what was fetched has another
  // hash: nothing of it is kept. Blocks.
  Result<std::string> get(const std::string& sha256, const std::string& file_name, const Fetch& fetch) const;

 private:
  Result<std::string> get_locked(const std::string& sha256, const std::string& file_name, const Fetch& fetch) const;
  void remove_unused(const std::string& kept) const;

  std::string folder_;
};

}  // namespace manta::cli
