#pragma once

#include <string>
#include <vector>

#include "base/clock.h"
#include "spec/status.h"

namespace manta::cli {

// What a new instance on a cluster still lacks, from what its controller tells: nodes, a healthy proxy on each of those
// that are to have one, and every deployed application running.
class ClusterReadiness {
 public:
  ClusterReadiness(std::string proxy_location, TimePoint begun)
      : proxy_location_(std::move(proxy_location)), begun_(begun) {}

  // Answers to GET /api/serve/nodes and /api/serve/status. Returns the lines that tell what has happened since. A proxy
  // that is still missing after 30 s is told of, and no longer waited for if another is healthy.
  std::vector<std::string> take(const std::string& nodes, const std::string& status, TimePoint now);
  bool is_ready() const { return ready_; }

 private:
  std::string proxy_location_;
  TimePoint begun_;
  spec::InstanceStatus last_;
  bool ready_ = false;
};

}  // namespace manta::cli
