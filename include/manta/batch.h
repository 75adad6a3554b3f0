#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <manta/detail/batch_queue.h>
#include <manta/error.h>
#include <manta/task.h>

namespace manta {

// Joins the items of concurrent requests into batches. A member of a coroutine class, used on its strand:
//   manta::Batcher<std::string, Embedding> batcher{{.max_batch_size = 32}, [model](std::vector<std::string> texts) {
//   ... }}; Task<Embedding> embed(std::string text) { co_return co_await batcher.submit(text); }
// `fn` runs on a compute thread, owns its state, gets its items by value and returns as many results in the same order;
// with Out = Result<X> items fail one by one, and what it throws fails the whole batch. `name` is what configuration
// (`batching`) and metrics call it. With a stream of outputs for each item: <manta/stream_batch.h>.
template <class In, class Out>
class Batcher : public detail::BatchParameters {
 public:
  using Function = std::function<std::vector<Out>(std::vector<In>)>;
  using Cost = std::function<double(const In&)>;  // counted against BatchLimits::max_cost
  using Size = std::function<double(const In&)>;  // chooses the bucket; null: the cost

  Batcher(BatchLimits limits, Function fn, Cost cost = nullptr, std::string name = "batch", Size size = nullptr)
      : BatchParameters(std::move(limits), std::move(name), run_with(std::move(fn)), cost || size),
        cost_(std::move(cost)),
        size_(std::move(size)) {}

  // Waits for the item's result. Oldest first. Cancelling takes an item that has not run out of the queue.
  Task<Out> submit(In in) {
    auto item = make_item(std::move(in));
    detail::BatchQueue::Items one{item};
    Task<void> done = queue_.run(std::move(one));
    co_await done;
    co_return take(*item);
  }

  // The items of one request: queued together, so that they can share a batch; their results in order. The first
  // failure, in that order, is thrown.
  Task<std::vector<Out>> submit_all(std::vector<In> in) {
    std::vector<std::shared_ptr<Item>> items;
    items.reserve(in.size());
    for (In& one : in) items.push_back(make_item(std::move(one)));
    detail::BatchQueue::Items queued(items.begin(), items.end());
    Task<void> done = queue_.run(std::move(queued));
    co_await done;
    std::vector<Out> results;
    results.reserve(items.size());
    for (const auto& item : items) results.push_back(take(*item));
    co_return results;
  }

 private:
  struct Item : detail::BatchItem {
    explicit Item(In value) : in(std::move(value)) {}
    std::optional<In> in;
    std::optional<Out> out;
  };

  std::shared_ptr<Item> make_item(In in) {
    auto item = std::make_shared<Item>(std::move(in));
    if (cost_) item->cost = cost_(*item->in);
    item->size = size_ ? size_(*item->in) : item->cost;
    return item;
  }
  static Out take(Item& item) {
    if (item.error) std::rethrow_exception(item.error);
    return std::move(*item.out);
  }
  static detail::BatchQueue::Run run_with(Function fn) {
    return [fn = std::move(fn)](const std::vector<std::shared_ptr<detail::BatchItem>>& items) {
      std::vector<In> inputs;
      inputs.reserve(items.size());
      for (const auto& item : items) inputs.push_back(std::move(*static_cast<Item&>(*item).in));
      std::vector<Out> outputs = fn(std::move(inputs));
      detail::check_batch_size(items.size(), outputs.size());
      for (std::size_t i = 0; i < items.size(); ++i) static_cast<Item&>(*items[i]).out.emplace(std::move(outputs[i]));
    };
  }

  Cost cost_;
  Size size_;
};

}  // namespace manta
