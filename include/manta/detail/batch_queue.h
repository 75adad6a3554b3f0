#pragma once

#include <cstddef>
#include <exception>
#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <manta/task.h>

namespace manta {

// How long a batch that is not full waits for more items.
enum class BatchWait {
  Fixed,  // until its oldest item has waited batch_wait_timeout_s
  // Or until as many items wait as the last batch had: a caller that is alone waits once and then no more. The time
  // counts from the end of the last batch on, so that callers who got their results together come together again.
  Adaptive,
};

// When a batch is closed. It is full at max_batch_size items or when the next item would exceed max_cost; a single item
// beyond max_cost runs alone.
struct BatchLimits {
  std::size_t max_batch_size = 10;                            // items
  double batch_wait_timeout_s = 0.01;                         // longest wait of an item for others
  std::size_t max_concurrent_batches = 1;                     // at once; more needs as many compute_threads
  double max_cost = std::numeric_limits<double>::infinity();  // sum of the items' costs (tokens, pixels)
  BatchWait wait = BatchWait::Fixed;
  // Upper bounds of the items' sizes, ascending: items of one bucket share batches, larger ones than the last bound are
  // a bucket of their own. Empty: all are one.
  std::vector<double> buckets = {};
  bool operator==(const BatchLimits&) const = default;
};

namespace detail {

struct BatchItem {
  virtual ~BatchItem() = default;
  virtual void fail(std::exception_ptr why) { error = std::move(why); }  // on the thread that runs it, or the strand
  // Told on the strand when the item has run or never will; `error` is set then.
  virtual void ended() {}
  double cost = 1;
  double size = 1;  // what its bucket is chosen by
  std::exception_ptr error;
};

// The queue behind a Batcher. Used on the strand of the replica in which it was made; outside a replica every item runs
// at once. In a replica its parameters are those of the configuration with its name, where that gives any.
class BatchQueue {
 public:
  using Items = std::vector<std::shared_ptr<BatchItem>>;
  using Run = std::function<void(const Items&)>;  // on a compute thread; what it throws is every item's error

  // `measured`: items have sizes, so that buckets tell them apart.
  BatchQueue(BatchLimits limits, std::string name, Run run, bool measured);
  ~BatchQueue();  // items that still wait end as Cancelled
  BatchQueue(const BatchQueue&) = delete;
  BatchQueue& operator=(const BatchQueue&) = delete;

  // Resumes when all of the items have run; they queue together, and may run in several batches. Destroying the task
  // drops those that have not.
  Task<void> run(Items items);
  // The same without waiting: dropping what it returns drops the items that have not run.
  std::shared_ptr<void> add(Items items);

  // Any thread. `change` is made to what the code says.
  void change(const std::function<void(BatchLimits&)>& change);
  BatchLimits limits() const;  // in force

 private:
  struct State;
  std::shared_ptr<State> state_;
};

// What every kind of batcher lets change while it serves. Any thread; from the next batch on. A value that the
// configuration gives (`batching`) wins.
class BatchParameters {
 public:
  void set_max_batch_size(std::size_t items);
  void set_batch_wait_timeout_s(double seconds);
  void set_max_concurrent_batches(std::size_t batches);
  void set_max_cost(double cost);
  void set_wait(BatchWait wait);
  void set_buckets(std::vector<double> bounds);
  BatchLimits limits() const { return queue_.limits(); }  // in force

 protected:
  BatchParameters(BatchLimits limits, std::string name, BatchQueue::Run run, bool measured)
      : queue_(std::move(limits), std::move(name), std::move(run), measured) {}
  ~BatchParameters() = default;

  BatchQueue queue_;
};

// Throws AppError when a batch function returned another number of results than it got items.
void check_batch_size(std::size_t items, std::size_t results);

}  // namespace detail
}  // namespace manta
