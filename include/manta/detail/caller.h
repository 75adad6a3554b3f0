#pragma once

#include <chrono>
#include <coroutine>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <manta/detail/held_value.h>
#include <manta/detail/outcome.h>
#include <manta/error.h>
#include <manta/task.h>

namespace manta {

namespace api {
class Strand;
}

// How one call is made; a handle carries them for all of its calls.
struct CallOptions {
  std::chrono::nanoseconds timeout{0};  // 0: the deadline of the request this is part of, else of the deployment
  std::string session_id = {};          // empty, 0: those of the request this is part of
  std::string multiplexed_model_id = {};
  int priority = 0;         // higher first while calls wait for a replica
  std::string tenant = {};  // whose turn it takes while calls wait
  std::string policy = {};  // how the replica is chosen: a policy of <manta/routing_config.h> with its defaults; empty:
                            // the deployment's
  bool retry = false;  // send again when the replica that may have run it has died, as if the method were idempotent
};

namespace detail {

using Timeout = std::optional<std::chrono::nanoseconds>;  // none: as long as the call's own deadline allows

// One call in flight, for its caller. Destroying it cancels the call. Started by a strand or any other thread; awaited
// on a strand, waited for elsewhere. Move-only. Its result is taken once.
class PendingCall {
 public:
  struct State;
  PendingCall() = default;
  explicit PendingCall(std::shared_ptr<State> state) : state_(std::move(state)) {}
  PendingCall(PendingCall&&) noexcept = default;
  PendingCall& operator=(PendingCall&& other) noexcept;
  ~PendingCall() { cancel(); }

  bool valid() const { return state_ != nullptr; }
  bool done() const;
  // Blocks until done; false when the timeout ran out. Throws Exception when called on a strand, which would stop it
  // for ever.
  bool wait(Timeout timeout) const;
  // For awaiters. True: take() does not wait. Off the strand it blocks until then.
  bool ready() const;
  void park(std::coroutine_handle<> waiter);  // resumed once, on the strand
  void forget();
  Result<CallResult> take();
  void cancel();
  void detach() { state_.reset(); }
  const std::shared_ptr<State>& state() const { return state_; }

 private:
  std::shared_ptr<State> state_;
};

// Blocks until one of them is done: its index. nullopt: the timeout ran out.
std::optional<std::size_t> wait_any(std::span<const PendingCall* const> calls, Timeout timeout);
// Parks `waiter` on all of them; resumed once, by the first that is done or by the timeout.
class AnyAwaiter {
 public:
  AnyAwaiter(std::vector<const PendingCall*> calls, Timeout timeout);
  ~AnyAwaiter();
  AnyAwaiter(const AnyAwaiter&) = delete;
  AnyAwaiter& operator=(const AnyAwaiter&) = delete;
  bool await_ready();
  void await_suspend(std::coroutine_handle<> waiter);
  std::optional<std::size_t> await_resume();

 private:
  struct State;
  std::shared_ptr<State> state_;
};

// One stream being read. Destroying it cancels the call; unread items hold the producer back.
class PendingStream {
 public:
  struct State;
  PendingStream() = default;
  explicit PendingStream(std::shared_ptr<State> state) : state_(std::move(state)) {}
  PendingStream(PendingStream&&) noexcept = default;
  PendingStream& operator=(PendingStream&& other) noexcept;
  ~PendingStream() { cancel(); }

  // Any thread: the next item is here, or the end.
  bool readable() const;
  // As of PendingCall, for the next item.
  bool ready() const;
  bool wait(Timeout timeout) const;
  void park(std::coroutine_handle<> waiter);
  void forget();
  // The next encoded item; nullopt at the end.
  Result<std::optional<std::string>> take();
  void cancel();

 private:
  std::shared_ptr<State> state_;
};

// One argument: encoded, or the response of another call, whose bytes go on without being decoded.
struct Argument {
  std::string encoded;
  std::shared_ptr<PendingCall> response;
};

// Makes the items of a stream that a call takes. Used by the strand of the call; destroyed when nobody reads on.
class ItemProducer {
 public:
  virtual ~ItemProducer() = default;
  // Once, before next(): the strand that reads.
  virtual void attach(const std::shared_ptr<api::Strand>&) {}
  // The next item as MessagePack; nullopt at the end. An error, or what is thrown, reaches the callee's Reader. One at
  // a time.
  virtual Task<Result<std::optional<std::string>>> next() = 0;
};

struct OutgoingCall {
  std::string_view method;     // static, or outlives the making of the call
  const CallOptions& options;  // the same
  bool retry = options.retry;  // or what is said by the request that is sent
  std::vector<Argument> arguments = {};
  std::unique_ptr<ItemProducer> input = nullptr;  // of a method that takes a stream
  std::unique_ptr<HeldValue> values = nullptr;    // a tuple of all arguments, instead of `arguments`
};

// Reaches one deployment. Shared by the copies of a handle; thread-safe. All that templates see of routing and sockets.
class Caller {
 public:
  virtual ~Caller() = default;
  virtual PendingCall call(OutgoingCall call) = 0;  // starts now; never throws: errors are the call's result
  virtual PendingStream stream(OutgoingCall call) = 0;
  // The callee runs in this process: calls may hold their arguments as they are.
  virtual bool is_in_process() const { return false; }
};

// What went wrong when a reply cannot be decoded: the callee runs another version.
Error bad_reply(std::string_view method, Error error);
// What went wrong when an item given to `method` cannot be decoded: InvalidArgument.
Error bad_item(std::string_view method, Error error);

}  // namespace detail
}  // namespace manta
