#include "replica/loop_compute.h"

#include <algorithm>
#include <deque>
#include <utility>

namespace manta::replica {

struct LoopCompute::State {
  struct Queued {
    JobId id;
    Job job;
  };
  std::deque<Queued> queue;
  JobId next_id = 1;
  std::uint64_t finished = 0;
  bool stopped = false;

  void turn() {
    if (queue.empty()) return;
    Job job = std::move(queue.front().job);
    queue.pop_front();
    job();
    ++finished;
  }
};

LoopCompute::LoopCompute(Loop& loop, std::size_t max_queued)
    : loop_(loop), max_queued_(max_queued), state_(std::make_shared<State>()) {}

LoopCompute::~LoopCompute() { stop(); }

Result<Compute::JobId> LoopCompute::submit(Job job, std::size_t) {
  if (state_->stopped) return fail(ErrorCode::Unavailable, "the compute threads have stopped");
  if (state_->queue.size() >= max_queued_)
    return fail(ErrorCode::Overloaded, "the queue of the compute threads is full");
  state_->queue.push_back({state_->next_id, std::move(job)});
  loop_.post([state = state_] { state->turn(); });
  return state_->next_id++;
}

bool LoopCompute::cancel(JobId id) {
  const auto at = std::ranges::find(state_->queue, id, &State::Queued::id);
  if (at == state_->queue.end()) return false;
  const Job dropped = std::move(at->job);
  state_->queue.erase(at);
  return true;
}

void LoopCompute::stop() {
  state_->stopped = true;
  const auto dropped = std::exchange(state_->queue, {});
}

std::size_t LoopCompute::queued() const { return state_->queue.size(); }
std::uint64_t LoopCompute::finished() const { return state_->finished; }

}  // namespace manta::replica
