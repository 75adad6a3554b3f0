#pragma once

#include <memory>

#include "base/loop.h"
#include "replica/compute.h"

namespace manta::replica {

// Runs jobs one per turn of the loop, on the loop's thread, in the order they were submitted: a whole application in
// one thread, and the same schedule each time. A job that waits for the loop would wait for ever.
class LoopCompute final : public Compute {
 public:
  explicit LoopCompute(Loop& loop, std::size_t max_queued = 100'000);
  ~LoopCompute() override;

  Result<JobId> submit(Job job, std::size_t bytes) override;
  bool cancel(JobId id) override;
  void stop() override;
  std::size_t queued() const override;
  std::uint64_t finished() const override;

 private:
  struct State;
  Loop& loop_;
  std::size_t max_queued_;
  std::shared_ptr<State> state_;  // shared with the turns posted to the loop
};

}  // namespace manta::replica
