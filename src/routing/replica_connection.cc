#include "routing/replica_connection.h"

#include <algorithm>
#include <utility>

#include <manta/detail/json.h>

#include "net/wire.h"
#include "spec/slot_notice.h"

namespace manta::routing {

ChannelConnection::ChannelConnection(Loop& loop, const spec::ReplicaAddress& address, ConnectReplica connect,
                                     BackOff back_off, Events events)
    : loop_(loop),
      address_(address),
      connect_(std::move(connect)),
      back_off_(back_off),
      events_(std::move(events)),
      next_pause_(back_off.first),
      self_(std::make_shared<ChannelConnection*>(this)) {}

ChannelConnection::~ChannelConnection() {
  *self_ = nullptr;
  loop_.cancel(timer_);
}

void ChannelConnection::start() { connect(); }

net::Channel* ChannelConnection::channel() const {
  return up_ && channel_->state() == net::Channel::State::Up ? channel_.get() : nullptr;
}

void ChannelConnection::connect() {
  timer_ = 0;
  channel_ = connect_(address_);
  if (!channel_) return connect_later();
  channel_->on_state([self = self_, channel = channel_.get()](net::Channel::State state) {
    if (*self && (*self)->channel_.get() == channel) (*self)->on_state(state);
  });
  if (channel_->state() == net::Channel::State::Up) return open_control();
  channel_->connect();
}

void ChannelConnection::connect_later() {
  if (timer_ != 0 || draining_) return;
  timer_ = loop_.after(next_pause_, [this] { connect(); });
  next_pause_ = std::min(next_pause_ * 2, back_off_.max);
}

void ChannelConnection::on_state(net::Channel::State state) {
  switch (state) {
    case net::Channel::State::Up:
      return open_control();
    case net::Channel::State::Draining:
      return replace_channel();
    case net::Channel::State::Lost:
      return drop_channel();
    case net::Channel::State::Idle:
    case net::Channel::State::Connecting:
      return;
  }
}

void ChannelConnection::open_control() {
  if (control_) return;
  notices_ = {};
  const net::Headers headers;
  control_ = channel_->start({.path = net::wire::kSlots, .headers = &headers}, [this] { on_notice(); });
}

// Any answer shows that the process lives. A connection alone does not: the socket of one that is being killed accepts
// until the very end, and a request that is sent there counts as one that may have run.
void ChannelConnection::up() {
  up_ = true;
  next_pause_ = back_off_.first;
  events_.connected(true);
}

void ChannelConnection::on_notice() {
  if (!control_) return;  // it belonged to a channel that has been given up
  if (!control_->has_head()) return;
  if (!up_) up();
  if (control_->status() != 200) return;
  notices_.feed(control_->take());
  for (;;) {
    const auto item = notices_.next();
    if (!item || !*item) break;
    auto notice = detail::from_json<spec::SlotNotice>(**item, UnknownKeys::Ignore);
    if (!notice) break;
    if (notice->draining) draining_ = true;
    if (notice->grant > 0) events_.granted(notice->grant);
    if ((notice->models || notice->routing_stats) && events_.told) events_.told(std::move(*notice));
  }
  if (control_->ended() && !control_->failure()) draining_ = true;
  if (draining_) events_.draining();
}

// The channel tells this itself: it and its control stream are destroyed later, from the loop.
void ChannelConnection::drop_channel() {
  loop_.post([channel = std::move(channel_), control = std::move(control_)] {});
  const bool was_up = std::exchange(up_, false);
  if (was_up) events_.connected(false);
  connect_later();
}

// The peer sent GOAWAY or the stream ids are used up. Unless the replica ends, a new connection takes over; the old one
// stays until its open calls have ended.
void ChannelConnection::replace_channel() {
  std::erase_if(retired_, [](const auto& channel) { return channel->open_calls() == 0; });
  retired_.push_back(std::move(channel_));
  loop_.post([control = std::move(control_)] {});
  const bool was_up = std::exchange(up_, false);
  if (was_up) events_.connected(false);
  connect_later();
}

}  // namespace manta::routing
