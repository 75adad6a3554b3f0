#include "api/direct_transport.h"

#include <optional>
#include <utility>

#include "api/local_items.h"
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
void settle(routing::Lease& lease, const replica::DirectEnd& end, Duration took, Duration given) {
  if (!end.refused.empty()) return lease.refused(refusal_of(end.refused), end.queue);
  lease.reported(end.queue);
  if (end.reply) {
    lease.took(took);
    lease.ended(routing::Outcome::Success);
  } else if (end.reply.error().code == ErrorCode::DeadlineExceeded) {
    lease.ended(lease.is_too_short(given) ? routing::Outcome::Neutral : routing::Outcome::Failure);
  } else {
    const Error& error = end.reply.error();
    lease.ended(routing::outcome_of(http_status(error), name(error.code)));
  }
  lease.release();
}

// co_await: the end of a call that is made now. Destroyed before it, it cancels the call.
class Ending {
 public:
  Ending(replica::ReplicaServer& callee, replica::DirectCall& call) : callee_(callee), call_(call) {}
  Ending(const Ending&) = delete;
  Ending& operator=(const Ending&) = delete;
  ~Ending() {
    waiter_.forget();
    if (!end_) call_.give_up();
  }

  bool await_ready() {
    call_.on_end = [this](replica::DirectEnd&& how) {
      end_ = std::move(how);
      std::exchange(waiter_, {}).resume();
    };
    callee_.call(call_);
    return end_.has_value();
  }
  void await_suspend(std::coroutine_handle<> waiter) { waiter_ = detail::Resumption(waiter); }
  replica::DirectEnd& await_resume() { return *end_; }

 private:
  replica::ReplicaServer& callee_;
  replica::DirectCall& call_;
  std::optional<replica::DirectEnd> end_;
  detail::Resumption waiter_;
};

// One stream under way: its place on the replica is given back when it has ended or nobody reads it.
struct Streaming {
  routing::Lease lease;
  std::shared_ptr<LocalItems> items;
  std::optional<replica::DirectEnd> refused;
  TimePoint sent{};
  Duration given{};

  void end(replica::DirectEnd&& how, TimePoint now) {
    settle(lease, how, now - sent, given);
    if (!how.refused.empty()) {
      refused = std::move(how);
      return;
    }
    items->end(how.reply ? Result<void>() : std::unexpected(std::move(how.reply.error())));
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
replica::DirectCall direct_call(TransportCall& call, TimePoint deadline, const LocalFeed* feed) {
  replica::DirectCall made;
  made.invocation = {.method = std::move(call.method),
                     .request_format = replica::Format::MsgPack,
                     .reply_format = replica::Format::MsgPack,
                     .body = call.body ? *call.body : std::string(),
                     .input = feed ? feed->input() : nullptr,
                     .values = std::move(call.values),
                     .holds_result = true};
  made.context = call.context ? copy_of(*call.context) : std::make_shared<RequestContext>();
  made.context->deadline = deadline;
  return made;
}

Task<Result<detail::CallResult>> turned_away(Error error) { co_return std::unexpected(std::move(error)); }

}  // namespace

routing::Dispatcher& DirectTransport::dispatcher(const TransportCall& call) {
  if (!to_) to_ = &dispatchers_.at(callee_->set.application, callee_->set.deployment);
  if (call.arguments_took) to_->waited_for_arguments(*call.arguments_took);
  return *to_;
}

// Sets the lease to a free place, after waiting for it if need be.
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

Task<Result<detail::CallResult>> DirectTransport::call(TransportCall call) {
  routing::Dispatcher& to = dispatcher(call);
  routing::RequestInfo info = to.open(call.context, size_of(call), call.policy);
  if (auto refused = to.router().admit(info)) return turned_away(std::move(*refused));
  auto feed = LocalFeed::of(caller_, callee_->strand, call);
  const TimePoint deadline = info.deadline;  // arguments may be moved in any order
  const LocalFeed* const input = feed.get();
  return send(direct_call(call, deadline, input), std::move(info), std::move(feed));
}

Task<Result<detail::CallResult>> DirectTransport::send(replica::DirectCall direct, routing::RequestInfo info,
                                                       std::unique_ptr<LocalFeed>) {
  for (;;) {
    routing::Lease lease = to_->router().try_acquire(info);
    if (!lease) {
      auto placing = place(&info, &lease);
      std::optional<Error> error = co_await placing;
      if (error) co_return std::unexpected(std::move(*error));
    }
    info.was_sent = true;
    direct.caller = callee_->as_caller;
    direct.waiting = lease.waiting();
    const routing::ReplicaKey replica = lease.key();
    const TimePoint sent = caller_->loop().now();
    Ending ending(*callee_->server, direct);
    replica::DirectEnd& end = co_await ending;
    settle(lease, end, caller_->loop().now() - sent, info.deadline - sent);
    if (end.refused == "no-method") info.avoid.push_back(replica);
    if (end.refused == "full" || end.refused == "no-method") continue;
    if (!end.reply) co_return std::unexpected(std::move(end.reply.error()));
    co_return detail::CallResult{.encoded = std::move(end.reply->body), .held = std::move(end.reply->held)};
  }
}

Task<Result<std::unique_ptr<ItemSource>>> DirectTransport::open(TransportCall call) {
  routing::Dispatcher& to = dispatcher(call);
  routing::RequestInfo info = to.open(call.context, size_of(call), call.policy);
  if (auto refused = to.router().admit(info)) co_return std::unexpected(std::move(*refused));
  auto feed = LocalFeed::of(caller_, callee_->strand, call);
  auto direct = std::make_unique<replica::DirectCall>(direct_call(call, info.deadline, feed.get()));
  const auto streaming = std::make_shared<Streaming>();
  streaming->items = std::make_shared<LocalItems>(callee_->strand, caller_);
  direct->items = streaming->items;
  direct->invocation.items = direct->items.get();
  for (;;) {
    auto placing = place(&info, &streaming->lease);
    std::optional<Error> error = co_await placing;
    if (error) co_return std::unexpected(std::move(*error));
    info.was_sent = true;
    streaming->refused.reset();
    streaming->sent = caller_->loop().now();
    streaming->given = info.deadline - streaming->sent;
    direct->caller = callee_->as_caller;
    direct->waiting = streaming->lease.waiting();
    const routing::ReplicaKey replica = streaming->lease.key();
    direct->on_end = [streaming, loop = &caller_->loop()](replica::DirectEnd&& how) {
      streaming->end(std::move(how), loop->now());
    };
    callee_->server->call(*direct);
    if (!streaming->refused) break;
    if (streaming->refused->refused == "draining")
      co_return std::unexpected(std::move(streaming->refused->reply.error()));
    if (streaming->refused->refused == "no-method") info.avoid.push_back(replica);
  }
  std::unique_ptr<ItemSource> source = std::make_unique<DirectItems>(streaming, std::move(direct), std::move(feed));
  co_return source;
}

}  // namespace manta::api
