#pragma once

#include <memory>
#include <optional>
#include <string>

#include <manta/detail/caller.h>
#include <manta/detail/request_context.h>
#include <manta/error.h>
#include <manta/task.h>

#include "api/strand.h"
#include "base/clock.h"

namespace manta::api {

// A call with its arguments encoded as a MessagePack array.
struct TransportCall {
  std::string method;
  std::shared_ptr<const std::string> body;  // null: values
  std::shared_ptr<RequestContext> context;
  std::string policy = {};  // of routing, instead of the deployment's; empty: that. Nothing within one process
  bool retry = false;       // as if the method were idempotent
  std::shared_ptr<detail::ItemProducer> input = nullptr;  // of a method that takes a stream; used on `strand`
  std::shared_ptr<Strand> strand = nullptr;               // of the caller; set with input
  std::unique_ptr<detail::HeldValue> values = nullptr;    // the arguments as they are, where is_direct() says so
  std::optional<Duration> arguments_took = std::nullopt;  // to arrive; none: no response is among them
};

// The items of a stream as they arrive. Destroying it cancels the call. Strand-confined.
class ItemSource {
 public:
  virtual ~ItemSource() = default;
  // An item that is there already, without a coroutine; nothing: next() tells.
  virtual std::optional<std::string> take_ready() { return std::nullopt; }
  // nullopt at the end. One at a time.
  virtual Task<Result<std::optional<std::string>>> next() = 0;
};

// Carries calls to one deployment: over sockets (RemoteTransport) or within the process (LocalTransport). Confined to
// the strand of the caller. Destroying a task cancels what it does. Ends by the context's deadline.
class Transport {
 public:
  virtual ~Transport() = default;
  virtual Task<Result<detail::CallResult>> call(TransportCall call) = 0;
  virtual Task<Result<std::unique_ptr<ItemSource>>> open(TransportCall call) = 0;
  // call(), but runs at once what can. A call that has ended by then has set `result`, and the task is an empty one.
  using AtOnce = std::optional<Result<detail::CallResult>>;
  virtual Task<Result<detail::CallResult>> start(TransportCall&& call, AtOnce& /*result*/) {
    return this->call(std::move(call));
  }
  // Takes arguments as they are: the callee is in this process.
  virtual bool is_direct() const { return false; }
};

}  // namespace manta::api
