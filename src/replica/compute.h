#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include <manta/error.h>
#include <manta/task.h>

#include "base/loop.h"

namespace manta::replica {

// Where code that may block runs: the user's plain methods, constructor, health check, compute(fn). Two kinds:
// ComputePool (threads) and LoopCompute (in turn on the loop itself, for applications and simulations of one thread).
// Jobs start in the order they were submitted and must not throw.
class Compute {
 public:
  using Job = std::move_only_function<void()>;
  using JobId = std::uint64_t;

  virtual ~Compute() = default;
  // Queues `job`, which holds about `bytes` of memory. Overloaded when the queue is full, Unavailable after stop(). A
  // job that never runs is destroyed. Any thread.
  virtual Result<JobId> submit(Job job, std::size_t bytes = 0) = 0;
  // Takes a job out of the queue and destroys it. False if it has started (or ended). Any thread.
  virtual bool cancel(JobId id) = 0;
  // Drops what is queued and returns when no job is running any more. Not from a job.
  virtual void stop() = 0;
  virtual std::size_t queued() const = 0;
  // Jobs that have ended since the start: a pool that is busy and whose count stands still is stuck.
  virtual std::uint64_t finished() const = 0;
};

// Runs `job` for the current request and resumes on `loop` when it has ended. Overloaded if it could not be queued; if
// the pool stopped first, Unavailable. Destroying the task takes a job that has not started out of the queue; one that
// runs is let finish, alone: it must own what it uses.
Task<Result<void>> run_on(Compute& compute, Loop& loop, Compute::Job job, std::size_t bytes = 0);

}  // namespace manta::replica
