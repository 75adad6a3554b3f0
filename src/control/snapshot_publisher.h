#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "net/exchange.h"
#include "spec/routing_change.h"

namespace manta::control {

// Sends the routing snapshots to everyone who has a stream open: the whole to a new subscriber, in parts as it reads
// them, then of each further one what has changed. A subscriber that reads too slowly loses its stream, and gets the
// whole when it comes back. Loop-confined.
class SnapshotPublisher {
 public:
  static constexpr std::size_t kMaxQueued = std::size_t{16} << 20;  // bytes a subscriber may lag
  static constexpr std::size_t kPart = std::size_t{256} << 10;      // bytes of the whole that wait to be sent, about

  void subscribe(net::ExchangePtr exchange);
  void publish(spec::RoutingSnapshot next);   // with a newer stamp
  std::size_t open() const;                   // streams of subscribers
  std::size_t sent() const { return sent_; }  // items, over all streams
  // Called when latest() is another, for whoever lives in this process.
  void on_publish(std::function<void()> callback) { on_publish_ = std::move(callback); }
  const std::shared_ptr<const spec::RoutingSnapshot>& latest() const { return latest_; }  // null before the first

 private:
  struct Stream {
    net::ExchangePtr exchange;
    std::shared_ptr<const spec::RoutingSnapshot> told;  // or being told, then `position` says how far; null: nothing
    spec::SnapshotPosition position;
    bool knows_all = false;  // what has been published last
  };
  void tell_whole(const std::shared_ptr<Stream>& stream);
  void write(Stream& stream, const std::string& item);

  std::vector<std::shared_ptr<Stream>> streams_;
  std::shared_ptr<const spec::RoutingSnapshot> latest_;
  std::size_t sent_ = 0;
  std::function<void()> on_publish_;
};

}  // namespace manta::control
