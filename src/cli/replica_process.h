#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "api/replica_runtime.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/metrics.h"
#include "control/replica_spec.h"

namespace manta::cli {

// The replicas of one process: one, or with `placement: together` one of each deployment, on one loop. The one that
// the process was started for has the socket and ends last of those it calls. A member starts when those that it has
// handles to run. Loop-confined; destroyed on the loop's thread or after it ended.
class ReplicaProcess {
 public:
  // `options` of the replica the process was started for; those of the members are made from them and from `spec`.
  ReplicaProcess(Loop& loop, const control::ReplicaSpec& spec, const api::ReplicaRuntimeOptions& options);
  ~ReplicaProcess();
  ReplicaProcess(const ReplicaProcess&) = delete;
  ReplicaProcess& operator=(const ReplicaProcess&) = delete;

  void start(int listen_fd);  // takes a listening descriptor
  bool is_starting() const;   // one of them is
  // Callers before callees; see ReplicaRuntime::drain().
  void drain(std::move_only_function<void()> done);

 private:
  struct Member;
  void start_ready();
  void drain_next();

  std::vector<std::unique_ptr<Member>> members_;  // callers before callees: the first has the socket
  std::size_t drained_ = 0;
  std::move_only_function<void()> on_drained_;
};

}  // namespace manta::cli
