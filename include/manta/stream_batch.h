#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <manta/detail/batch_output.h>
#include <manta/detail/batch_queue.h>
#include <manta/detail/writer.h>
#include <manta/error.h>
#include <manta/task.h>

namespace manta {

// What the function of a StreamBatcher writes to: one stream for each item, in the order of the items. Only for the
// duration of the call.
template <class In, class Out>
class BatchStreams {
 public:
  explicit BatchStreams(const detail::BatchQueue::Items& items) {
    for (const auto& item : items) items_.push_back(static_cast<Item*>(item.get()));
  }

  std::size_t size() const { return items_.size(); }
  // False once the item's request has gone, or its stream has been ended: work on it can stop.
  bool wanted(std::size_t index) const { return !items_[index]->gate.abandoned(); }
  bool any_wanted() const {
    for (const Item* item : items_)
      if (!item->gate.abandoned()) return true;
    return false;
  }
  // The next output of an item. Waits while its reader is far behind: the slowest reader of a batch sets its pace.
  // False, and nothing is written, when it is not wanted.
  bool write(std::size_t index, Out out) {
    return items_[index]->gate.enter() && items_[index]->outputs.push(std::move(out));
  }
  // Ends one item's stream before the function returns, when the streams of all the others end.
  void end(std::size_t index) {
    items_[index]->gate.abandon();
    items_[index]->outputs.close();
  }
  void fail(std::size_t index, Error error) {
    items_[index]->fail(std::make_exception_ptr(Exception(std::move(error))));
    end(index);
  }

 private:
  using Item = detail::StreamItem<In, Out>;
  std::vector<Item*> items_;
};

// A Batcher whose function yields any number of outputs for each item, as they come. An item whose request goes away
// gets no more of them, the others go on; what the function throws ends all streams that have not ended.
template <class In, class Out>
class StreamBatcher : public detail::BatchParameters {
 public:
  using Function = std::function<void(std::vector<In>, BatchStreams<In, Out>&)>;  // on a compute thread
  using Cost = std::function<double(const In&)>;
  using Size = std::function<double(const In&)>;

  StreamBatcher(BatchLimits limits, Function fn, Cost cost = nullptr, std::string name = "batch", Size size = nullptr)
      : BatchParameters(std::move(limits), std::move(name), run_with(std::move(fn)), cost || size),
        cost_(std::move(cost)),
        size_(std::move(size)) {}

  // The outputs of one item, to be read by one coroutine of the strand. Dropping it gives the item up.
  class Stream {
   public:
    Stream(std::shared_ptr<detail::StreamItem<In, Out>> item, std::shared_ptr<void> place)
        : item_(std::move(item)), place_(std::move(place)) {}
    Stream(Stream&&) noexcept = default;
    Stream& operator=(Stream&&) = delete;
    ~Stream() {
      if (item_) item_->gate.abandon();
    }

    // The next output; nullopt at the end. A failure of the item or its batch is thrown.
    Task<std::optional<Out>> next() {
      auto reading = item_->outputs.next();
      std::optional<Out> out = co_await reading;
      if (out)
        item_->gate.leave();
      else if (item_->error)
        std::rethrow_exception(item_->error);
      co_return out;
    }

   private:
    std::shared_ptr<detail::StreamItem<In, Out>> item_;
    std::shared_ptr<void> place_;  // in the queue
  };

  Stream open(In in) {
    auto item = std::make_shared<detail::StreamItem<In, Out>>(std::move(in));
    if (cost_) item->cost = cost_(*item->in);
    item->size = size_ ? size_(*item->in) : item->cost;
    return Stream(item, queue_.add({item}));
  }

  // Writes the outputs of one item to `writer` until they end.
  Task<void> submit(In in, Writer<Out> writer) {
    Stream stream = open(std::move(in));
    for (;;) {
      auto reading = stream.next();
      std::optional<Out> out = co_await reading;
      if (!out) co_return;
      auto writing = writer.write(std::move(*out));
      co_await writing;
    }
  }

 private:
  static detail::BatchQueue::Run run_with(Function fn) {
    return [fn = std::move(fn)](const detail::BatchQueue::Items& items) {
      std::vector<In> inputs;
      inputs.reserve(items.size());
      for (const auto& item : items) inputs.push_back(std::move(*static_cast<detail::StreamItem<In, Out>&>(*item).in));
      BatchStreams<In, Out> streams(items);
      fn(std::move(inputs), streams);
    };
  }

  Cost cost_;
  Size size_;
};

}  // namespace manta
