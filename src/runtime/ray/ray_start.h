#pragma once

#include <string>
#include <vector>

#include "runtime/ray/ray_backend.h"

namespace manta::runtime {

// A start that waits for its answer; lives in the frame of RayBackend::start(). Left before it has succeeded, it takes
// back what was asked for.
class RayBackend::OpenStart {
 public:
  OpenStart(RayBackend& backend, const ReplicaProcess& process)
      : backend_(backend), id(process.id), bundles(bundles_of(process)) {
    backend_.starting_[id] = this;
  }
  ~OpenStart() {
    backend_.starting_.erase(id);
    if (succeeded) return;
    backend_.groups_.release(id);
    if (asked) backend_.withdraw(id);
  }
  OpenStart(const OpenStart&) = delete;
  OpenStart& operator=(const OpenStart&) = delete;

 private:
  RayBackend& backend_;

 public:
  const std::string id;
  const std::vector<spec::Bundle> bundles;
  bool asked = false;    // of Ray, which has not answered
  bool stopped = false;  // somebody has asked for its end meanwhile
  bool succeeded = false;
  std::vector<BridgeReplicaEnded> early_ends;  // may come before the answer
};

}  // namespace manta::runtime
