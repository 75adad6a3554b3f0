#pragma once

#include <functional>
#include <memory>

#include <manta/error.h>
#include <manta/task.h>

#include "base/log.h"
#include "base/loop.h"
#include "base/task_scope.h"
#include "replica/compute.h"
#include "replica/replica_options.h"
#include "replica/servable.h"

namespace manta::replica {

// Owns the one user object of a replica. Life: Starting (constructor, reconfigure, on_start, health check, warm-up
// calls) -> Running or StartFailed; any -> Stopping -> Gone (on_stop if on_start had ended well; destroyed, once, on a
// compute thread). Loop-confined.
class ReplicaHost {
 public:
  enum class Phase { Starting, Running, StartFailed, Stopping, Gone };

  ReplicaHost(Loop& loop, Compute& compute, Logger& logger, const ReplicaOptions& options, MakeServable make);
  ~ReplicaHost();

  void start();
  Phase phase() const;
  const std::string& message() const;  // StartFailed: why
  // StartFailed: the constructor refuses what it is configured with (InvalidArgument, NotFound), and would do so again.
  bool is_final() const;
  void on_phase(std::function<void(Phase)> callback);

  // Null unless Running or Stopping. Shared with the compute jobs that use it.
  const std::shared_ptr<Servable>& servable() const;
  // Runs the user's check on options.aside, within health_check_timeout_s. Without that it runs among the requests, and
  // a pool that is busy but gets on with its work is healthy. Errors are Unavailable.
  Task<Result<void>> check_health();
  Task<Result<void>> reconfigure(std::string user_config);

  // No new calls from now on.
  void begin_stop();
  // No more calls are running: on_stop(), then destroys the user's object on a compute thread, then calls `done`.
  void stop(std::move_only_function<void()> done);
  bool in_on_stop() const;  // it is running

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace manta::replica
