#pragma once

#include <functional>
#include <memory>
#include <string_view>
#include <utility>

#include <manta/detail/request_context.h>
#include <manta/error.h>

#include "replica/admission.h"
#include "replica/servable.h"

namespace manta::replica {

// How a call of a caller in the replica's own process ended.
struct DirectEnd {
  Result<Reply> reply;
  std::string_view refused = {};  // "full", "draining", "no-method": it was not started; reply is the error
  int queue = 0;                  // requests that run on the replica besides
};

// One call from a caller on the replica's own loop: without a connection, headers and bytes. Admission, deadline,
// cancellation and figures are those of any other call. Kept by both sides; loop-confined.
struct DirectCall {
  ConnectionId caller = 0;                  // of ReplicaServer::attach()
  int waiting = 0;                          // more requests of this caller wait
  Invocation invocation;                    // taken when it is admitted
  std::shared_ptr<RequestContext> context;  // the callee's own
  std::shared_ptr<ItemSink> items;          // that invocation.items points to; null: the caller wants no stream
  // Once, perhaps inside call(): dropped when the caller has gone.
  std::move_only_function<void(DirectEnd)> on_end;
  std::function<void()> cancel;  // while it runs: the caller has gone

  void end(DirectEnd how) {
    if (auto callback = std::exchange(on_end, nullptr)) callback(std::move(how));
  }
};

}  // namespace manta::replica
