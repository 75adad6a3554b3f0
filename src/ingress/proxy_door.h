#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "base/loop.h"
#include "net/listener.h"

namespace manta::ingress {

// The public port of a proxy: accepts on one loop, and gives each connection to the loop that has the fewest, in turn
// among equals. A connection stays where it is. Confined to the accepting loop but for ended().
class ProxyDoor {
 public:
  using Taker = std::function<void(int fd)>;  // takes a connected descriptor; called on the accepting loop

  // One taker for each loop. While `most_connections` are open, further ones wait in the listening socket.
  ProxyDoor(Loop& loop, std::vector<Taker> takers, std::size_t most_connections);

  void open(int fd);  // takes the listening descriptor
  void close();       // what nobody has accepted waits for whoever else holds the listening socket
  // Any thread: a connection that this taker got has ended.
  void ended(std::size_t taker);
  std::int64_t connections(std::size_t taker) const { return open_[taker]; }

 private:
  bool may_accept();
  bool is_full() const;
  void hand_over(int fd);

  Loop& loop_;
  std::vector<Taker> takers_;
  const std::int64_t most_connections_;
  std::vector<std::atomic<std::int64_t>> open_;  // by taker
  std::atomic<bool> waits_for_room_ = false;
  std::size_t turn_ = 0;
  std::unique_ptr<net::Listener> listener_;
};

}  // namespace manta::ingress
