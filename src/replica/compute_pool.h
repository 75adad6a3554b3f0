#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>

#include "replica/compute.h"

namespace manta::replica {

struct ComputePoolOptions {
  int threads = 1;                   // with one, the user's object is never entered twice at a time
  std::size_t max_queued = 100'000;  // jobs
  std::size_t max_queued_bytes = std::size_t{256} << 20;
  bool on_demand = false;  // threads are started when jobs find the others busy
};

// The compute threads of one replica.
class ComputePool final : public Compute {
 public:
  explicit ComputePool(ComputePoolOptions options);
  ~ComputePool() override { stop(); }

  Result<JobId> submit(Job job, std::size_t bytes) override;
  bool cancel(JobId id) override;
  void stop() override;
  std::size_t queued() const override;
  std::uint64_t finished() const override;

 private:
  struct Queued {
    JobId id;
    std::size_t bytes;
    Job job;
  };
  void work();
  void add_thread();

  const ComputePoolOptions options_;
  mutable std::mutex mutex_;  // guards all below
  std::condition_variable ready_;
  std::deque<Queued> queue_;
  std::size_t queued_bytes_ = 0;
  JobId next_id_ = 1;
  std::uint64_t finished_ = 0;
  std::size_t running_ = 0;
  bool stopped_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace manta::replica
