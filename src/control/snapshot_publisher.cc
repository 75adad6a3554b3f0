#include "control/snapshot_publisher.h"

#include <algorithm>

#include <manta/detail/json.h>

#include "net/items.h"

namespace manta::control {
namespace {

std::string item_of(const spec::RoutingChange& change) {
  std::string item;
  net::append_item(item, detail::to_json(change).value_or("{}"));
  return item;
}

}  // namespace

void SnapshotPublisher::subscribe(net::ExchangePtr exchange) {
  exchange->start(200, {{"content-type", "application/x-manta-items"}});
  streams_.push_back(std::make_shared<Stream>(Stream{.exchange = std::move(exchange), .told = latest_}));
  tell_whole(streams_.back());
}

void SnapshotPublisher::write(Stream& stream, const std::string& item) {
  stream.exchange->write(item);
  ++sent_;
}

// What is published meanwhile is told as one change at the end.
void SnapshotPublisher::tell_whole(const std::shared_ptr<Stream>& stream) {
  if (!stream->told) return;
  bool complete = false;
  while (!complete && !stream->exchange->closed() && stream->exchange->queued() < kPart) {
    const spec::RoutingChange part = next_part(*stream->told, stream->position, kPart);
    write(*stream, item_of(part));
    complete = part.complete;
  }
  if (!complete)
    return stream->exchange->when_drained(kPart / 2, [this, weak = std::weak_ptr(stream)] {
      const auto open = weak.lock();
      if (open && !open->exchange->closed()) tell_whole(open);
    });
  if (stream->told != latest_) write(*stream, item_of(change_between(*stream->told, *latest_)));
  stream->told.reset();
  stream->knows_all = true;
}

void SnapshotPublisher::publish(spec::RoutingSnapshot next) {
  const auto before = std::exchange(latest_, std::make_shared<const spec::RoutingSnapshot>(std::move(next)));
  const spec::RoutingChange change = change_between(before ? *before : spec::RoutingSnapshot{}, *latest_);
  const std::string item = item_of(change);
  std::erase_if(streams_, [](const auto& stream) { return stream->exchange->closed(); });
  for (const std::shared_ptr<Stream>& stream : streams_) {
    if (stream->exchange->queued() > kMaxQueued) {
      stream->exchange->abort();
    } else if (stream->knows_all) {
      write(*stream, item);
    } else if (!stream->told) {
      stream->told = latest_;
      tell_whole(stream);
    }
  }
  if (on_publish_) on_publish_();
}

std::size_t SnapshotPublisher::open() const {
  return static_cast<std::size_t>(
      std::ranges::count_if(streams_, [](const auto& stream) { return !stream->exchange->closed(); }));
}

}  // namespace manta::control
