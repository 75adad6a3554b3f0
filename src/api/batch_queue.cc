#include <manta/detail/batch_queue.h>

#include <algorithm>
#include <deque>
#include <mutex>
#include <utility>

#include "api/batch_cut.h"
#include "api/batch_metrics.h"
#include "api/replica_scope.h"

namespace manta::detail {
namespace {

// The items of one run(): done when none is left.
struct Group {
  std::size_t left = 0;
  Resumption waiter;
};

struct Waiting {
  std::shared_ptr<BatchItem> item;
  std::shared_ptr<Group> group;
  TimePoint since;
};

std::exception_ptr error_of(Error error) { return std::make_exception_ptr(Exception(std::move(error))); }

}  // namespace

// Shared with the coroutines that run batches. All but `limits` is confined to the strand.
struct BatchQueue::State : std::enable_shared_from_this<State> {
  State(BatchLimits l, std::string name, Run r) : run(std::move(r)), limits_(l), scope(api::current_replica()) {
    if (scope) metrics.emplace(*scope, name);
  }

  BatchLimits limits() const {
    const std::lock_guard lock(mutex);
    return limits_;
  }
  Loop& loop() const { return scope->strand->loop(); }

  void add(const Items& items, const std::shared_ptr<Group>& group) {
    for (const auto& item : items) waiting.push_back({item, group, loop().now()});
    group->left = items.size();
    pump();
  }

  void remove(const std::shared_ptr<Group>& group) {
    std::erase_if(waiting, [&](const Waiting& entry) { return entry.group == group; });
    if (metrics) metrics->queue_length.set(static_cast<double>(waiting.size()));
  }

  // Cuts as many batches as may start now, and sets the timer for the next.
  void pump() {
    loop().cancel(std::exchange(timer, 0));
    for (;;) {
      std::vector<double> costs;
      const BatchLimits now_limits = limits();
      const bool overfull = waiting.size() > now_limits.max_batch_size;
      const std::size_t seen = overfull ? now_limits.max_batch_size + 1 : waiting.size();
      for (std::size_t i = 0; i < seen; ++i) costs.push_back(waiting[i].item->cost);
      const api::BatchView view{costs, waiting.empty() ? TimePoint() : waiting.front().since, running, last_size};
      const api::BatchCut cut = api::cut_batch(now_limits, view, loop().now());
      if (cut.look_again) timer = loop().at(*cut.look_again, [self = shared_from_this()] { self->pump(); });
      if (cut.count == 0) break;
      start(cut.count);
    }
    metrics->queue_length.set(static_cast<double>(waiting.size()));
  }

  void start(std::size_t count) {
    auto batch = std::make_shared<std::vector<Waiting>>();
    std::move(waiting.begin(), waiting.begin() + static_cast<std::ptrdiff_t>(count), std::back_inserter(*batch));
    waiting.erase(waiting.begin(), waiting.begin() + static_cast<std::ptrdiff_t>(count));
    last_size = count;
    ++running;
    const ScopedRequest nobody(nullptr);  // a batch serves many requests
    if (TaskScope* tasks = scope->strand->tasks()) tasks->spawn(execute(shared_from_this(), std::move(batch)));
  }

  static void run_entries(const Run& run, const std::vector<Waiting>& batch) {
    Items items;
    for (const Waiting& entry : batch) items.push_back(entry.item);
    try {
      run(items);
    } catch (...) {
      for (const auto& item : items) item->error = std::current_exception();
    }
  }

  static Task<void> execute(std::shared_ptr<State> self, std::shared_ptr<std::vector<Waiting>> batch) {
    const TimePoint started = self->loop().now();
    self->metrics->cut(batch->size(), self->limits().max_batch_size, started - batch->front().since);
    replica::Compute::Job job = [run = self->run, batch, scope = self->scope] {
      const api::ScopedReplica inside(scope);
      run_entries(run, *batch);
    };
    auto computing = replica::run_on(self->scope->compute, self->loop(), std::move(job));
    const Result<void> ran = co_await computing;
    self->metrics->ran(self->loop().now() - started);
    --self->running;
    if (!ran)
      for (const Waiting& entry : *batch) entry.item->error = error_of(ran.error());
    self->pump();
    finish(*batch);
  }

  static void finish(const std::vector<Waiting>& batch) {
    for (const Waiting& entry : batch)
      if (--entry.group->left == 0) entry.group->waiter.resume();
  }

  const Run run;
  mutable std::mutex mutex;  // guards limits_
  BatchLimits limits_;
  const api::ReplicaScope* scope;
  std::optional<api::BatchMetrics> metrics;
  std::deque<Waiting> waiting;
  std::size_t running = 0, last_size = 1;
  TimerId timer = 0;
};

namespace {

struct GroupAwaiter {
  std::shared_ptr<Group> group;
  std::function<void()> abandon;
  bool parked = false;
  bool await_ready() const { return group->left == 0; }
  void await_suspend(std::coroutine_handle<> waiter) {
    parked = true;
    group->waiter = Resumption(waiter);
  }
  void await_resume() { parked = false; }
  ~GroupAwaiter() {
    if (!parked) return;
    group->waiter.forget();
    abandon();
  }
};

}  // namespace

BatchQueue::BatchQueue(BatchLimits limits, std::string name, Run run)
    : state_(std::make_shared<State>(limits, std::move(name), std::move(run))) {}

BatchQueue::~BatchQueue() = default;

Task<void> BatchQueue::run(Items items) {
  auto state = state_;
  if (items.empty()) co_return;
  if (!state->scope) {
    try {
      state->run(items);
    } catch (...) {
      for (const auto& item : items) item->error = std::current_exception();
    }
    co_return;
  }
  auto group = std::make_shared<Group>();
  state->add(items, group);
  std::function<void()> abandon = [state, group] { state->remove(group); };
  GroupAwaiter awaiter{group, std::move(abandon)};
  co_await awaiter;
}

void BatchQueue::set_max_batch_size(std::size_t size) {
  const std::lock_guard lock(state_->mutex);
  state_->limits_.max_batch_size = size;
}

void BatchQueue::set_batch_wait_timeout_s(double seconds) {
  const std::lock_guard lock(state_->mutex);
  state_->limits_.batch_wait_timeout_s = seconds;
}

void BatchQueue::set_max_cost(double cost) {
  const std::lock_guard lock(state_->mutex);
  state_->limits_.max_cost = cost;
}

BatchLimits BatchQueue::limits() const { return state_->limits(); }

void check_batch_size(std::size_t items, std::size_t results) {
  if (items == results) return;
  throw Exception({.code = ErrorCode::AppError,
                   .message = "the batch function got " + std::to_string(items) + " items and returned " +
                              std::to_string(results) + " results; it must return one for each, in order"});
}

}  // namespace manta::detail
