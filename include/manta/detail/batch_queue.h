#pragma once

#include <cstddef>
#include <exception>
#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include <manta/task.h>

namespace manta {

// When a batch is cut. It is full at max_batch_size items or when the next item would exceed max_cost; a single item
// beyond max_cost runs alone.
struct BatchLimits {
  std::size_t max_batch_size = 10;     // items
  double batch_wait_timeout_s = 0.01;  // longest wait of an item for others; a caller that is alone soon waits no more
  std::size_t max_concurrent_batches = 1;                     // at once; more needs as many compute_threads
  double max_cost = std::numeric_limits<double>::infinity();  // sum of the items' costs (tokens, pixels)
};

namespace detail {

struct BatchItem {
  virtual ~BatchItem() = default;
  double cost = 1;
  std::exception_ptr error;
};

// The queue behind a Batcher. Used on the strand of the replica in which it was made; outside a replica every item runs
// at once.
class BatchQueue {
 public:
  using Items = std::vector<std::shared_ptr<BatchItem>>;
  using Run = std::function<void(const Items&)>;  // on a compute thread; what it throws is every item's error

  BatchQueue(BatchLimits limits, std::string name, Run run);
  ~BatchQueue();  // items that still wait end as Cancelled
  BatchQueue(const BatchQueue&) = delete;
  BatchQueue& operator=(const BatchQueue&) = delete;

  // Resumes when all of the items have run; they queue together, and may run in several batches. Destroying the task
  // drops those that have not.
  Task<void> run(Items items);

  void set_max_batch_size(std::size_t size);
  void set_batch_wait_timeout_s(double seconds);
  void set_max_cost(double cost);
  BatchLimits limits() const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

// Throws AppError when a batch function returned another number of results than it got items.
void check_batch_size(std::size_t items, std::size_t results);

}  // namespace detail
}  // namespace manta
