#include "ingress/proxy_door.h"

#include <utility>

namespace manta::ingress {

ProxyDoor::ProxyDoor(Loop& loop, std::vector<Taker> takers, std::size_t most_connections)
    : loop_(loop),
      takers_(std::move(takers)),
      most_connections_(static_cast<std::int64_t>(most_connections)),
      open_(takers_.size()) {}

void ProxyDoor::open(int fd) {
  listener_ = std::make_unique<net::Listener>(
      loop_, fd, [this] { return may_accept(); }, [this](int connection) { hand_over(connection); });
}

void ProxyDoor::close() { listener_.reset(); }

bool ProxyDoor::is_full() const {
  std::int64_t all = 0;
  for (const auto& open : open_) all += open;
  return all >= most_connections_;
}

// Looks again once whoever makes room will say so.
bool ProxyDoor::may_accept() {
  if (!is_full()) return true;
  waits_for_room_ = true;
  return !is_full() && waits_for_room_.exchange(false);
}

void ProxyDoor::hand_over(int fd) {
  std::size_t chosen = turn_;
  for (std::size_t i = 1; i < open_.size(); ++i) {
    const std::size_t other = (turn_ + i) % open_.size();
    if (open_[other] < open_[chosen]) chosen = other;
  }
  turn_ = (chosen + 1) % open_.size();
  ++open_[chosen];
  takers_[chosen](fd);
}

void ProxyDoor::ended(std::size_t taker) {
  --open_[taker];
  if (!waits_for_room_.exchange(false)) return;
  loop_.post([this] {
    if (listener_) listener_->resume();
  });
}

}  // namespace manta::ingress
