#pragma once

#include <set>
#include <string>

#include <manta/error.h>

#include "control/application_record.h"

namespace manta::control {

// Copies of deployed code by content: <directory>/<sha256>/<file name>. A copy is never changed; the originals may be
// overwritten at any time. Blocks on file I/O.
class ArtifactStore {
 public:
  explicit ArtifactStore(std::string directory) : directory_(std::move(directory)) {}

  // Fills sha256 and path of a library or executable, copying the file if its content is new (written aside, synced,
  // renamed: a half copy never has the final name). NotFound names the file.
  Result<ArtifactRef> add(ArtifactRef artifact);

  // The copy with that content. NotFound when there is none, or `sha256` is no hash.
  Result<std::string> find(const std::string& sha256) const;

  // Removes every copy that `named` does not hold.
  void keep_only(const std::set<std::string>& named);

 private:
  std::string directory_;
};

}  // namespace manta::control
