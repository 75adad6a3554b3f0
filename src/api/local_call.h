#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include <manta/detail/request_context.h>

#include "api/local_items.h"
#include "base/task_scope.h"
#include "replica/compute.h"
#include "replica/method_gates.h"
#include "replica/servable.h"

namespace manta::api {

// One call from one strand of this process to another. Made by the caller, then confined to the callee's strand but for
// `reply`, which the caller's strand gets by message.
struct LocalCall {
  std::string method;
  replica::Invocation invocation;                                  // its method is found by the callee
  std::shared_ptr<RequestContext> context;                         // the callee's own
  std::shared_ptr<LocalItems> items;                               // streaming methods
  std::move_only_function<void(Result<replica::Reply>)> on_reply;  // on the callee's strand, at most once

  enum class Phase { Queued, Running, Ended } phase = Phase::Queued;
  TaskScope::Id task = 0;
  replica::Compute* compute = nullptr;  // where `job` is
  replica::Compute::JobId job = 0;
  replica::MethodGates::Pass pass = 0;
  bool begun = false;  // has passed the gate of its method
  TimerId timer = 0;

  void reply(Result<replica::Reply> result) {
    if (auto callback = std::exchange(on_reply, nullptr)) callback(std::move(result));
  }
};

}  // namespace manta::api
