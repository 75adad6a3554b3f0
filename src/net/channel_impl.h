#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "net/channel.h"
#include "net/h2_session.h"
#include "net/lazy_timer.h"
#include "net/peer_handshake.h"

namespace manta::net {

// Kept by the channel, by its session while that is alive, and by calls made through Channel::call.
struct Channel::Impl final : H2Session::Owner, std::enable_shared_from_this<Channel::Impl> {
  Impl(Loop& on, Address to, ChannelOptions with, ReceiveBudget& from);

  void connect();
  bool needs_proof(int fd) const;
  void attach(int fd);           // HTTP/2 begins at once
  void attach_unproven(int fd);  // HTTP/2 begins once both sides have proved that they belong together
  void set_state(State next);
  std::unique_ptr<ClientCall> start(const Outgoing& outgoing, H2Stream::Callback on_update);
  std::size_t open_calls() const { return session ? session->open_streams().size() : 0; }
  std::string_view refusal() const;  // why no call can be started; empty if one can
  void check_times();

  void on_head(H2Stream& stream) override;
  bool on_data(H2Stream&, std::size_t) override { return true; }
  void on_change(H2Stream&) override {}
  void on_turn() override;
  void on_end(std::string_view reason) override;

  Loop& loop;
  Address address;
  ChannelOptions options;
  ReceiveBudget& budget;
  const std::shared_ptr<H2StreamPool> streams;
  std::shared_ptr<H2Session> session;
  std::shared_ptr<PeerHandshake> handshake;  // until the session has its socket
  State state = State::Idle;
  std::function<void(State)> on_state;
  std::string lost_reason;
  LazyTimer timer;  // connecting, then PING
  TimePoint pinged_at{};
};

}  // namespace manta::net
