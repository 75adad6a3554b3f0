#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <manta/detail/request_context.h>
#include <manta/error.h>

#include "replica/admission.h"
#include "replica/servable.h"

namespace manta::replica {

// How a call of a caller in the replica's own process ended, besides its reply.
struct DirectEnd {
  std::string_view refused = {};  // "full", "draining", "no-method": it was not started; the reply is the error
  int queue = 0;                  // requests that run on the replica besides
  TimePoint at{};
};

// Who makes a DirectCall.
class DirectCaller {
 public:
  // Once, perhaps inside ReplicaServer::call(). May destroy the call.
  virtual void ended(Result<Reply>&& reply, const DirectEnd& how) = 0;

 protected:
  ~DirectCaller() = default;
};

// One call from a caller on the replica's own loop: without a connection, headers and bytes. Admission, deadline,
// cancellation and figures are those of any other call. The caller's, and where it is until it has ended or was given
// up; loop-confined.
struct DirectCall {
  DirectCall() = default;
  ~DirectCall() {
    if (cancel) give_up();
  }
  DirectCall(const DirectCall&) = delete;
  DirectCall& operator=(const DirectCall&) = delete;

  ConnectionId caller = 0;  // of ReplicaServer::attach()
  TimePoint made_at{};
  int waiting = 0;  // more requests of this caller wait
  std::string method;
  Invocation invocation;                    // taken when it is admitted; its method is found by the replica
  std::shared_ptr<RequestContext> context;  // the callee's own; taken as well
  std::shared_ptr<ItemSink> items;          // that invocation.items points to; null: the caller wants no stream
  DirectCaller* made_by = nullptr;          // told of the end; outlives this; null: nobody
  std::move_only_function<void()> cancel;   // set while it runs

  void end(Result<Reply>&& reply, const DirectEnd& how) {
    cancel = nullptr;
    if (DirectCaller* const to = std::exchange(made_by, nullptr)) to->ended(std::move(reply), how);
  }
  // The caller has gone: it hears nothing, and what runs for it ends.
  void give_up() {
    made_by = nullptr;
    if (auto stop = std::exchange(cancel, nullptr)) stop();
  }
};

}  // namespace manta::replica
