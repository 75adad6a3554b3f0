#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include <manta/error.h>
#include <manta/task.h>

#include "base/loop.h"
#include "net/address.h"
#include "net/message.h"
#include "net/peer_security.h"
#include "net/receive_budget.h"

namespace manta::net {

// How a call ended without an answer, in the terms that decide about a retry.
enum class CallFailure {
  NeverStarted,  // refused, above GOAWAY's last id, connection failed before anything was sent: always safe to retry
  MaybeStarted,  // the connection was lost after the request was sent
  Reset,         // the peer reset this stream: the answer is truncated
};

// One call in flight. Loop-confined. Destroying it before the end cancels it (RST_STREAM). `on_update` of start() is
// called once after each batch of received bytes that changed this call, never from inside a method of it.
class ClientCall {
 public:
  virtual ~ClientCall() = default;
  virtual bool has_head() const = 0;  // status and headers are known
  virtual int status() const = 0;
  virtual Headers& headers() = 0;
  virtual std::string& body() = 0;  // received and not yet taken
  // Takes what has been received and lets the peer send as much again: windows are the back-pressure.
  virtual std::string take() = 0;
  virtual bool ended() const = 0;  // complete, trailers included
  virtual const Headers& trailers() const = 0;
  virtual std::optional<CallFailure> failure() const = 0;
  virtual std::string_view failure_reason() const = 0;
};

// Request to send without copying the body: it is shared, as a retry may send it again.
struct Outgoing {
  std::string_view method = "POST";
  std::string_view path;
  const Headers* headers = nullptr;         // copied during start()
  std::shared_ptr<const std::string> body;  // null: none
  // The window for this call's answer. Small for event streams, so that a slow reader stops the producer.
  std::size_t window = 256 << 10;
  std::string_view authority = {};  // empty: the member of the channel's address, else "manta"
};

struct ChannelOptions {
  std::size_t max_concurrent = 1 << 16;  // calls open at once; beyond: NeverStarted
  std::uint32_t max_calls = 1 << 28;     // then the connection is rotated (stream ids end at 2^31)
  Duration connect_timeout = std::chrono::seconds(5);
  Duration ping_after_idle =
      std::chrono::seconds(10);  // with calls open: PING, and the connection is lost if no answer in time
  Duration ping_timeout = std::chrono::seconds(10);
  PeerSecurityPtr security;  // both ends of a TCP connection prove that they belong together; null: neither does
};

// One HTTP/2 connection to one peer, made by the first call or connect(). Once lost it stays lost: who owns the channel
// decides whether to make another. Loop-confined.
class Channel {
 public:
  enum class State { Idle, Connecting, Up, Draining, Lost };  // Draining: GOAWAY seen or ids used up, open calls go on

  // `budget` outlives the channel and every call of it.
  Channel(Loop& loop, Address address, ChannelOptions options, ReceiveBudget& budget);
  Channel(Loop& loop, int connected_fd, ChannelOptions options, ReceiveBudget& budget);  // takes a connected descriptor
  ~Channel();  // open calls fail, each exactly once, later on the loop
  Channel(const Channel&) = delete;
  Channel& operator=(const Channel&) = delete;

  void connect();
  State state() const;
  std::string_view lost_reason() const;  // in words; empty until Lost
  std::size_t open_calls() const;
  // Called on the loop at each change of state.
  void on_state(std::function<void(State)> callback);

  std::unique_ptr<ClientCall> start(const Outgoing& outgoing, std::move_only_function<void()> on_update);

  // A whole answer, or why there is none (Unavailable for NeverStarted, ReplicaDied otherwise). DeadlineExceeded after
  // `timeout`. Destroying the task cancels the call.
  Task<Result<Response>> call(Request request, Duration timeout);

  struct Impl;  // of this module

 private:
  std::shared_ptr<Impl> impl_;
};

}  // namespace manta::net
