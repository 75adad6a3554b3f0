#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "replica/compute_pool.h"

namespace manta::replica {

// The threads of methods that have some of their own, made when such a method is first called. Confined to one loop.
class DedicatedThreads {
 public:
  Compute& of(std::string_view method, int threads);
  // Drops what is queued and returns when nothing runs any more.
  void stop();

 private:
  std::map<std::string, std::unique_ptr<ComputePool>, std::less<>> pools_;
};

}  // namespace manta::replica
