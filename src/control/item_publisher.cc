#include "control/item_publisher.h"

#include <algorithm>
#include <utility>

#include "net/items.h"

namespace manta::control {

void ItemPublisher::subscribe(net::ExchangePtr exchange) {
  exchange->start(200, {{"content-type", "application/x-manta-items"}});
  if (!latest_.empty()) {
    std::string item;
    net::append_item(item, latest_);
    exchange->write(item);
    ++sent_;
  }
  streams_.push_back(std::move(exchange));
}

void ItemPublisher::publish(const std::string& json) {
  if (json == latest_) return;
  latest_ = json;
  std::string item;
  net::append_item(item, latest_);
  for (const net::ExchangePtr& stream : streams_) {
    if (stream->closed()) continue;
    if (stream->queued() > kMaxQueued) {
      stream->abort();
      continue;
    }
    stream->write(item);
    ++sent_;
  }
  std::erase_if(streams_, [](const net::ExchangePtr& stream) { return stream->closed(); });
}

std::size_t ItemPublisher::open() const {
  return static_cast<std::size_t>(
      std::ranges::count_if(streams_, [](const net::ExchangePtr& stream) { return !stream->closed(); }));
}

}  // namespace manta::control
