#pragma once

#include <string>
#include <utility>
#include <vector>

#include "net/exchange.h"

namespace manta::control {

// Sends the latest of something to everyone who has a stream open: at once to a new subscriber, then at each change.
// Items are complete, so a subscriber that reads too slowly loses its stream and gets the latest when it comes back.
// Loop-confined.
class ItemPublisher {
 public:
  static constexpr std::size_t kMaxQueued = std::size_t{16} << 20;  // bytes a subscriber may lag

  void subscribe(net::ExchangePtr exchange);
  void publish(const std::string& json);      // does nothing if it is what was published last
  std::size_t open() const;                   // streams of subscribers
  std::size_t sent() const { return sent_; }  // items, over all streams
  const std::string& latest() const { return latest_; }

 private:
  std::vector<net::ExchangePtr> streams_;
  std::string latest_;
  std::size_t sent_ = 0;
};

}  // namespace manta::control
