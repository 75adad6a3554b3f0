#pragma once

#include <coroutine>
#include <memory>
#include <optional>

#include <manta/task.h>

#include "base/loop.h"
#include "base/pooled.h"
#include "net/channel.h"
#include "routing/lease.h"

namespace manta::routing {

// One request on the way to a replica and its answer on the way back. Settles the lease as soon as it is known how the
// call ended. Loop-confined; destroying it cancels the call.
struct PendingCall : Pooled {
  PendingCall(Loop& on, Lease held, TimePoint until) : loop(on), lease(std::move(held)), deadline(until) {}
  ~PendingCall();
  PendingCall(const PendingCall&) = delete;
  PendingCall& operator=(const PendingCall&) = delete;

  // Sends. If the connection has gone meanwhile the call has failed as NeverStarted.
  void start(const net::Outgoing& outgoing, TimePoint now);

  bool has_head() const { return status != 0; }
  bool over() const { return timed_out || failure || (call && call->ended()); }

  // Suspends until something about the call has changed. One coroutine at a time.
  struct Update {
    PendingCall& pending;
    bool parked = false;
    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> handle) {
      parked = true;
      pending.waiting = detail::Resumption(handle);
    }
    void await_resume() noexcept { parked = false; }
    ~Update() {
      if (parked) pending.waiting.forget();
    }
  };
  Update update() { return Update{*this}; }

  Loop& loop;
  Lease lease;
  std::string replica_id;
  ReplicaKey replica = 0;
  const TimePoint deadline;
  std::unique_ptr<net::ClientCall> call;  // null: not started, or cancelled at the deadline
  int status = 0;
  net::Headers headers;
  std::optional<Refusal> refusal;
  std::optional<net::CallFailure> failure;
  bool timed_out = false;

 private:
  void on_update();
  void on_head();
  void on_failure();
  void on_deadline();
  void wake();
  void note_end();
  // The time for the request ran out, here or on the replica.
  void note_deadline();

  TimerId timer_ = 0;
  TimePoint sent_{};
  Outcome outcome_ = Outcome::Neutral;  // by the head
  bool too_late_ = false;               // it says that the time ran out on the replica
  detail::Resumption waiting;
};

}  // namespace manta::routing
