#pragma once

#include <memory>
#include <optional>
#include <string>

#include <manta/error.h>
#include <manta/task.h>

#include "net/headers.h"
#include "net/message.h"

namespace manta::routing {

struct PendingCall;

// The answer of a replica from its head on. Loop-confined. Destroying it before the end cancels the request on the
// replica; the place on the replica is free when the answer has ended or this is destroyed. Outlives the tasks it gave
// out.
class Answer {
 public:
  Answer();
  explicit Answer(std::unique_ptr<PendingCall> pending);
  Answer(Answer&&) noexcept;
  Answer& operator=(Answer&&) noexcept;
  ~Answer();

  explicit operator bool() const { return pending_ != nullptr; }
  int status() const;
  net::Headers& headers();
  const std::string& replica_id() const;
  // All of it has arrived: whole() and next() do not wait.
  bool complete() const;

  // The next bytes as they came, any size; empty at the end. Taking them lets the replica send as much again. Fails
  // with ReplicaDied when the answer was cut, DeadlineExceeded at the request's deadline, or the error of the status
  // trailer of an item stream.
  Task<Result<std::string>> next();
  // The same without waiting. Nothing: it has not come, await pending().update() and ask again.
  std::optional<Result<std::string>> try_next();
  PendingCall& pending() { return *pending_; }
  // Everything that is left, as one Response with the head (whose headers are moved out).
  Task<Result<net::Response>> whole();
  const net::Headers& trailers() const;  // once next() has returned the end

 private:
  std::unique_ptr<PendingCall> pending_;
};

}  // namespace manta::routing
