#include "api/input_items.h"

#include <optional>
#include <string>
#include <utility>

#include "api/method_input.h"
#include "api/producer_input.h"
#include "net/items.h"

namespace manta::api {
namespace {

// co_await on the strand: until there is an item or the end.
struct ItemWait {
  detail::PendingStream& items;
  bool parked = false;
  bool await_ready() const { return items.ready(); }
  void await_suspend(std::coroutine_handle<> reader) {
    parked = true;
    items.park(reader);
  }
  void await_resume() { parked = false; }
  ~ItemWait() {
    if (parked) items.forget();
  }
};

}  // namespace

InputItems::InputItems(const std::shared_ptr<Strand>& strand, std::shared_ptr<detail::ItemProducer> source)
    : items_(open_input(strand, std::make_shared<ProducerInput>(std::move(source)))) {}

Task<routing::InputSource::Batch> InputItems::next() {
  co_await ItemWait{items_};
  Batch batch;
  while (!batch.last && batch.body.size() < kBatchBytes && items_.ready()) {
    Result<std::optional<std::string>> item = items_.take();
    if (item && *item) {
      net::append_item(batch.body, **item);
      continue;
    }
    batch.last = true;
    if (!item) batch.error = std::move(item.error());
  }
  co_return batch;
}

}  // namespace manta::api
