#include "replica/compute_pool.h"

#include <algorithm>
#include <utility>

namespace manta::replica {

ComputePool::ComputePool(ComputePoolOptions options) : options_(options) {
  const std::lock_guard lock(mutex_);
  for (int i = 0; i < std::max(1, options_.threads) && !options_.on_demand; ++i) add_thread();
}

void ComputePool::add_thread() {
  threads_.emplace_back([this] { work(); });
}

Result<Compute::JobId> ComputePool::submit(Job job, std::size_t bytes) {
  const std::lock_guard lock(mutex_);
  if (stopped_) return fail(ErrorCode::Unavailable, "the compute threads have stopped");
  if (queue_.size() >= options_.max_queued || queued_bytes_ + bytes > options_.max_queued_bytes)
    return fail(ErrorCode::Overloaded, "the queue of the compute threads is full");
  const JobId id = next_id_++;
  queue_.push_back({id, bytes, std::move(job)});
  queued_bytes_ += bytes;
  if (options_.on_demand && queue_.size() + running_ > threads_.size() &&
      threads_.size() < static_cast<std::size_t>(std::max(1, options_.threads)))
    add_thread();
  ready_.notify_one();
  return id;
}

bool ComputePool::cancel(JobId id) {
  Job dropped;  // destroyed without the lock
  const std::lock_guard lock(mutex_);
  const auto at = std::ranges::lower_bound(queue_, id, {}, &Queued::id);
  if (at == queue_.end() || at->id != id) return false;
  dropped = std::move(at->job);
  queued_bytes_ -= at->bytes;
  queue_.erase(at);
  return true;
}

void ComputePool::work() {
  std::unique_lock lock(mutex_);
  for (;;) {
    ready_.wait(lock, [this] { return stopped_ || !queue_.empty(); });
    if (stopped_) return;
    Job job = std::move(queue_.front().job);
    queued_bytes_ -= queue_.front().bytes;
    queue_.pop_front();
    ++running_;
    lock.unlock();
    job();
    job = nullptr;
    lock.lock();
    --running_;
    ++finished_;
  }
}

void ComputePool::stop() {
  std::deque<Queued> dropped;
  std::vector<std::thread> ending;
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
    dropped = std::exchange(queue_, {});
    queued_bytes_ = 0;
    ending = std::exchange(threads_, {});
    ready_.notify_all();
  }
  for (std::thread& thread : ending) thread.join();
}

std::size_t ComputePool::queued() const {
  const std::lock_guard lock(mutex_);
  return queue_.size();
}

std::uint64_t ComputePool::finished() const {
  const std::lock_guard lock(mutex_);
  return finished_;
}

}  // namespace manta::replica
