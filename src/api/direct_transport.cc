#include "api/direct_transport.h"

#include <optional>
#include <utility>

#include "api/local_items.h"
#include "base/pooled.h"
#include "base/request_copy.h"
#include "routing/lease.h"

namespace manta::api {
namespace {

routing::Refusal refusal_of(std::string_view why) {
  if (why == "draining") return routing::Refusal::Draining;
  if (why == "no-method") return routing::Refusal::NoMethod;
  return routing::Refusal::Full;
}

// Tells the router how the call ended, as PendingCall does for one over a connection, and gives the place back.
void settle(routing::Lease& lease, const Result<replica::Reply>& reply, const replica::DirectEnd& end, TimePoint sent,
            Duration given) {
  if (!end.refused.empty()) return lease.refused(refusal_of(end.refused), end.queue);
  lease.reported(end.queue, end.at);
  if (reply) {
    lease.took(end.at - sent);
    lease.ended(routing::Outcome::Success);
  } else if (reply.error().code == ErrorCode::DeadlineExceeded) {
    lease.ended(lease.is_too_short(given) ? routing::Outcome::Neutral : routing::Outcome::Failure);
  } else {
    const Error& error = reply.error();
    lease.ended(routing::outcome_of(http_status(error), name(error.code)));
  }
  lease.release(end.at);
}

// One stream under way: its place on the replica is given back when it has ended or nobody reads it.
struct Streaming final : replica::DirectCaller {
  routing::Lease lease;
  std::shared_ptr<LocalItems> items;
  std::string_view refused = {};
  std::optional<Error> error;  // of that
  TimePoint sent{};
  Duration given{};

  void ended(Result<replica::Reply>&& reply, const replica::DirectEnd& how) override {
    settle(lease, reply, how, sent, given);
    refused = how.refused;
    if (!refused.empty()) {
      error = std::move(reply.error());
      return;
    }
    const auto kept = items;  // whoever reads may drop the stream
    kept->end(reply ? Result<void>() : std::unexpected(std::move(reply.error())));
  }
};

class DirectItems final : public ItemSource {
 public:
  DirectItems(std::shared_ptr<Streaming> streaming, std::unique_ptr<replica::DirectCall> call,
              std::unique_ptr<LocalFeed> feed)
      : streaming_(std::move(streaming)), call_(std::move(call)), feed_(std::move(feed)) {}
  ~DirectItems() override {
    streaming_->items->stop_reading();
    call_->give_up();
  }
  Task<Result<std::optional<std::string>>> next() override { return streaming_->items->next(); }

 private:
  const std::shared_ptr<Streaming> streaming_;
  const std::unique_ptr<replica::DirectCall> call_;
  const std::unique_ptr<LocalFeed> feed_;
};

std::size_t size_of(const TransportCall& call) { return call.body ? call.body->size() : 0; }

// `feed`: of the stream that it takes; null: none.
// Fills in what is taken from `call`. `feed`: of the stream that it takes; null: none.
void fill(replica::DirectCall& made, TransportCall& call, const routing::RequestInfo& info, const LocalFeed* feed) {
  made.method = std::move(call.method);
  made.invocation.request_format = made.invocation.reply_format = replica::Format::MsgPack;
  if (call.body) made.invocation.body = *call.body;
  if (feed) made.invocation.input = feed->input();
  made.invocation.values = std::move(call.values);
  made.invocation.holds_result = true;
  made.context = info.context ? copy_of(*info.context) : std::make_shared<RequestContext>();
  made.context->deadline = info.deadline;
}

Task<Result<detail::CallResult>> ended_with(Result<detail::CallResult> result) { co_return result; }

}  // namespace

routing::Dispatcher& DirectTransport::dispatcher(const TransportCall& call) {
  if (!to_) to_ = dispatchers_.at(callee_->set.application, callee_->set.deployment);
  if (call.arguments_took) to_->waited_for_arguments(*call.arguments_took);
  return *to_;
}

Task<std::optional<Error>> DirectTransport::place(routing::RequestInfo* info, routing::Lease* lease) {
  const TimePoint since = caller_->loop().now();
  auto acquiring = to_->router().acquire(*info);
  Result<routing::Lease> placed = co_await acquiring;
  info->waited += caller_->loop().now() - since;
  info->charged = true;
  if (!placed) co_return std::move(placed.error());
  *lease = std::move(*placed);
  co_return std::nullopt;
}

// One call on its way. Destroyed before its end, it cancels that.
struct DirectTransport::Flight final : replica::DirectCaller, Pooled {
  Flight(routing::Dispatcher& to, TransportCall& call)
      : info(to.open(std::move(call.context), size_of(call), call.policy)) {}

  // May destroy this.
  void ended(Result<replica::Reply>&& reply, const replica::DirectEnd& how) override {
    is_with_callee = false;
    if (how.refused == "no-method") info.avoid.push_back(lease.key());
    settle(lease, reply, how, direct.made_at, info.deadline - direct.made_at);
    if (reply)
      result.emplace(detail::CallResult{.encoded = std::move(reply->body), .held = std::move(reply->held)});
    else if (how.refused.empty() || how.refused == "draining")
      result.emplace(std::unexpected(std::move(reply.error())));
    waiter.resume();
  }

  routing::RequestInfo info;
  std::unique_ptr<LocalFeed> feed;
  routing::Lease lease;
  bool is_with_callee = false;
  std::optional<Result<detail::CallResult>> result;  // none, and not with the callee: it is sent again
  detail::Resumption waiter;
  replica::DirectCall direct;
};

// co_await: the end of a flight that is with the callee.
struct DirectTransport::Ending {
  Flight& flight;
  bool await_ready() const { return false; }
  void await_suspend(std::coroutine_handle<> waiter) { flight.waiter = detail::Resumption(waiter); }
  void await_resume() const {}
  ~Ending() { flight.waiter.forget(); }
};

Task<Result<detail::CallResult>> DirectTransport::start(TransportCall&& call, AtOnce& result) {
  routing::Dispatcher& to = dispatcher(call);
  auto flight = std::make_unique<Flight>(to, call);
  if (auto refused = to.router().admit(flight->info)) {
    result.emplace(std::unexpected(std::move(*refused)));
    return {};
  }
  flight->feed = LocalFeed::of(caller_, callee_->strand, call);
  fill(flight->direct, call, flight->info, flight->feed.get());
  const TimePoint now = caller_->loop().now();
  if (routing::Lease lease = to.router().try_acquire(flight->info, now)) send(*flight, std::move(lease), now);
  if (!flight->result) return carry_on(std::move(flight));
  result.emplace(std::move(*flight->result));
  return {};
}

Task<Result<detail::CallResult>> DirectTransport::call(TransportCall call) {
  AtOnce result;
  auto rest = start(std::move(call), result);
  return result ? ended_with(std::move(*result)) : std::move(rest);
}

// Hands it to the callee, which may have ended it when this returns.
void DirectTransport::send(Flight& flight, routing::Lease&& lease, TimePoint now) {
  flight.info.was_sent = true;
  flight.is_with_callee = true;
  flight.direct.made_at = now;
  flight.direct.caller = callee_->as_caller;
  flight.direct.waiting = lease.waiting();
  flight.direct.made_by = &flight;
  flight.lease = std::move(lease);
  callee_->server->call(flight.direct);
}

Task<Result<detail::CallResult>> DirectTransport::carry_on(std::unique_ptr<Flight> flight) {
  for (;;) {
    if (flight->is_with_callee) co_await Ending{*flight};
    if (flight->result) co_return std::move(*flight->result);
    routing::Lease lease;
    if (flight->info.was_sent) lease = to_->router().try_acquire(flight->info);  // else start() has tried
    if (!lease) {
      auto placing = place(&flight->info, &lease);
      std::optional<Error> error = co_await placing;
      if (error) co_return std::unexpected(std::move(*error));
    }
    send(*flight, std::move(lease), caller_->loop().now());
  }
}

Task<Result<std::unique_ptr<ItemSource>>> DirectTransport::open(TransportCall call) {
  routing::Dispatcher& to = dispatcher(call);
  routing::RequestInfo info = to.open(std::move(call.context), size_of(call), call.policy);
  if (auto refused = to.router().admit(info)) co_return std::unexpected(std::move(*refused));
  auto feed = LocalFeed::of(caller_, callee_->strand, call);
  const auto streaming = std::make_shared<Streaming>();
  streaming->items = std::make_shared<LocalItems>(callee_->strand, caller_);
  auto direct = std::make_unique<replica::DirectCall>();
  fill(*direct, call, info, feed.get());
  direct->items = streaming->items;
  direct->invocation.items = direct->items.get();
  for (;;) {
    auto placing = place(&info, &streaming->lease);
    std::optional<Error> error = co_await placing;
    if (error) co_return std::unexpected(std::move(*error));
    info.was_sent = true;
    streaming->refused = {};
    streaming->sent = caller_->loop().now();
    streaming->given = info.deadline - streaming->sent;
    direct->caller = callee_->as_caller;
    direct->made_at = streaming->sent;
    direct->waiting = streaming->lease.waiting();
    const routing::ReplicaKey replica = streaming->lease.key();
    direct->made_by = streaming.get();
    callee_->server->call(*direct);
    if (streaming->refused.empty()) break;
    if (streaming->refused == "draining") co_return std::unexpected(std::move(*streaming->error));
    if (streaming->refused == "no-method") info.avoid.push_back(replica);
  }
  std::unique_ptr<ItemSource> source = std::make_unique<DirectItems>(streaming, std::move(direct), std::move(feed));
  co_return source;
}

}  // namespace manta::api
