#include "simulate/caller_connection.h"

#include <algorithm>
#include <utility>

#include "simulate/cluster.h"

namespace manta::simulate {
namespace {

constexpr Duration kFirstPause = std::chrono::milliseconds(10);
constexpr Duration kLongestPause = std::chrono::seconds(1);

}  // namespace

CallerConnection::CallerConnection(World& world, const spec::ReplicaAddress& address, Events events,
                                   std::function<void()> on_end)
    : world_(world),
      replica_id_(address.id),
      events_(std::move(events)),
      on_end_(std::move(on_end)),
      pause_(kFirstPause) {}

CallerConnection::~CallerConnection() {
  world_.loop.cancel(timer_);
  if (connection_) connection_->close();
  on_end_();
}

void CallerConnection::connect() {
  timer_ = 0;
  connection_ = std::make_shared<Connection>(world_, world_.cluster->replica(replica_id_),
                                             Connection::Events{.up =
                                                                    [this] {
                                                                      up_ = true;
                                                                      pause_ = kFirstPause;
                                                                      events_.connected(true);
                                                                    },
                                                                .broken = [this] { broken(); },
                                                                .granted = events_.granted,
                                                                .draining =
                                                                    [this] {
                                                                      draining_ = true;
                                                                      events_.draining();
                                                                    }});
  connection_->open();
}

void CallerConnection::broken() {
  const bool was_up = std::exchange(up_, false);
  if (was_up) events_.connected(false);
  if (draining_) return;
  timer_ = world_.loop.after(pause_, [this] { connect(); });
  pause_ = std::min(pause_ * 2, kLongestPause);
}

void CallerConnection::send(const AttemptPtr& attempt) {
  if (!up_) return attempt->outcome.set({.failure = net::CallFailure::NeverStarted});
  connection_->send(attempt);
}

}  // namespace manta::simulate
