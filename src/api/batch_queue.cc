#include <manta/detail/batch_queue.h>

#include <mutex>
#include <utility>

#include "api/batch_metrics.h"
#include "api/batch_registry.h"
#include "api/batch_waiting.h"
#include "api/replica_scope.h"

namespace manta::detail {
namespace {

std::exception_ptr error_of(Error error) { return std::make_exception_ptr(Exception(std::move(error))); }

void run_items(const BatchQueue::Run& run, const BatchQueue::Items& items) {
  try {
    run(items);
  } catch (...) {
    for (const auto& item : items) item->fail(std::current_exception());
  }
}

}  // namespace

// Shared with the coroutines that run batches. All but `settings` is confined to the strand.
struct BatchQueue::State : std::enable_shared_from_this<State> {
  using Batch = std::vector<api::WaitingItem>;

  State(BatchLimits limits, const std::string& name, Run r, bool measured)
      : run(std::make_shared<const Run>(std::move(r))),
        settings(std::make_shared<api::BatchSettings>(name, std::move(limits), measured)),
        scope(api::current_replica()) {
    if (scope) metrics.emplace(*scope, name);
  }

  // What a change of the parameters allows is done at once.
  void watch() {
    scope->batchers->add(settings);
    settings->on_change([weak = weak_from_this(), strand = scope->strand] {
      strand->post([weak] {
        const auto self = weak.lock();
        if (self && self->scope->strand->tasks()) self->pump();
      });
    });
  }
  Loop& loop() const { return scope->strand->loop(); }

  void add(const Items& items, const std::shared_ptr<api::BatchGroup>& group) {
    for (const auto& item : items) waiting.push({item, group, loop().now()});
    group->left = items.size();
    pump();
  }

  void remove(const api::BatchGroup& group) {
    waiting.drop(group);
    metrics->queue_length.set(static_cast<double>(waiting.size()));
  }

  // Closes as many batches as may start now, and sets the timer for the next.
  void pump() {
    loop().cancel(std::exchange(timer, 0));
    const BatchLimits limits = settings->limits();
    waiting.sort_into(limits.buckets);
    for (;;) {
      api::BatchCut cut;
      const api::BatchLoad load{.running = running, .stopping = scope->batchers->stopping(), .idle_since = idle_since};
      Batch batch = waiting.take(limits, load, loop().now(), cut);
      if (cut.look_again) timer = loop().at(*cut.look_again, [self = shared_from_this()] { self->pump(); });
      if (batch.empty()) break;
      metrics->closed(batch.size(), limits.max_batch_size, loop().now() - batch.front().since, cut.reason);
      start(std::move(batch));
    }
    metrics->queue_length.set(static_cast<double>(waiting.size()));
  }

  void start(Batch batch) {
    ++running;
    const ScopedRequest nobody(nullptr);  // a batch serves many requests
    if (TaskScope* tasks = scope->strand->tasks())
      tasks->spawn(execute(shared_from_this(), std::make_shared<Batch>(std::move(batch))));
  }

  static Task<void> execute(std::shared_ptr<State> self, std::shared_ptr<Batch> batch) {
    const TimePoint started = self->loop().now();
    Items items;
    for (const api::WaitingItem& entry : *batch) items.push_back(entry.item);
    replica::Compute::Job job = [run = self->run, items = std::move(items), scope = self->scope] {
      const api::ScopedReplica inside(scope);
      run_items(*run, items);
    };
    auto computing = replica::run_on(self->scope->compute, self->loop(), std::move(job));
    const Result<void> ran = co_await computing;
    self->metrics->ran(self->loop().now() - started);
    --self->running;
    self->idle_since = self->loop().now();
    if (!ran)
      for (const api::WaitingItem& entry : *batch) entry.item->fail(error_of(ran.error()));
    self->pump();
    finish(*batch);
  }

  static void finish(const Batch& batch) {
    for (const api::WaitingItem& entry : batch) {
      entry.item->ended();
      if (--entry.group->left == 0) entry.group->waiter.resume();
    }
  }

  const std::shared_ptr<const Run> run;  // one for all batches: it may have a state of its own
  const std::shared_ptr<api::BatchSettings> settings;
  const api::ReplicaScope* const scope;
  std::optional<api::BatchMetrics> metrics;
  api::WaitingItems waiting;
  std::size_t running = 0;
  TimePoint idle_since = {};
  TimerId timer = 0;
};

namespace {

struct GroupAwaiter {
  std::shared_ptr<api::BatchGroup> group;
  bool parked = false;
  bool await_ready() const { return group->left == 0; }
  void await_suspend(std::coroutine_handle<> waiter) {
    parked = true;
    group->waiter = Resumption(waiter);
  }
  void await_resume() { parked = false; }
  ~GroupAwaiter() {
    if (parked) group->waiter.forget();
  }
};

}  // namespace

BatchQueue::BatchQueue(BatchLimits limits, std::string name, Run run, bool measured)
    : state_(std::make_shared<State>(std::move(limits), name, std::move(run), measured)) {
  if (state_->scope) state_->watch();
}

BatchQueue::~BatchQueue() { state_->settings->on_change(nullptr); }

std::shared_ptr<void> BatchQueue::add(Items items) {
  if (!state_->scope) {
    run_items(*state_->run, items);
    for (const auto& item : items) item->ended();
    return nullptr;
  }
  auto group = std::make_shared<api::BatchGroup>();
  state_->add(items, group);
  return {group.get(), [state = state_, group](void*) {
            if (group->left > 0) state->remove(*group);
          }};
}

Task<void> BatchQueue::run(Items items) {
  if (items.empty()) co_return;
  const std::shared_ptr<void> place = add(std::move(items));
  if (!place) co_return;
  GroupAwaiter awaiter{std::shared_ptr<api::BatchGroup>(place, static_cast<api::BatchGroup*>(place.get()))};
  co_await awaiter;
}

void BatchQueue::change(const std::function<void(BatchLimits&)>& change) {
  state_->settings->change(change);
  if (state_->scope) state_->scope->batchers->refresh();
}

BatchLimits BatchQueue::limits() const { return state_->settings->limits(); }

void BatchParameters::set_max_batch_size(std::size_t items) {
  queue_.change([=](BatchLimits& limits) { limits.max_batch_size = items; });
}
void BatchParameters::set_batch_wait_timeout_s(double seconds) {
  queue_.change([=](BatchLimits& limits) { limits.batch_wait_timeout_s = seconds; });
}
void BatchParameters::set_max_concurrent_batches(std::size_t batches) {
  queue_.change([=](BatchLimits& limits) { limits.max_concurrent_batches = batches; });
}
void BatchParameters::set_max_cost(double cost) {
  queue_.change([=](BatchLimits& limits) { limits.max_cost = cost; });
}
void BatchParameters::set_wait(BatchWait wait) {
  queue_.change([=](BatchLimits& limits) { limits.wait = wait; });
}
void BatchParameters::set_buckets(std::vector<double> bounds) {
  queue_.change([&](BatchLimits& limits) { limits.buckets = std::move(bounds); });
}

void check_batch_size(std::size_t items, std::size_t results) {
  if (items == results) return;
  throw Exception({.code = ErrorCode::AppError,
                   .message = "the batch function got " + std::to_string(items) + " items and returned " +
                              std::to_string(results) + " results; it must return one for each, in order"});
}

}  // namespace manta::detail
