#include "api/strand_caller.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "api/call_context.h"
#include "api/pending_call.h"
#include "api/pending_stream.h"

namespace manta::api {
namespace {

using detail::Argument;
using detail::PendingCall;
using detail::PendingStream;

struct PreparedCall {
  std::string method;
  std::vector<Argument> arguments;
  std::shared_ptr<RequestContext> context;
  std::string policy;
  bool retry;
  std::shared_ptr<detail::ItemProducer> input;
  std::shared_ptr<Strand> strand;  // set with input
  std::unique_ptr<detail::HeldValue> values;
};

std::string array_header(std::size_t size) {
  if (size < 16) return std::string(1, static_cast<char>(0x90 | size));
  return {'\xdc', static_cast<char>(size >> 8), static_cast<char>(size & 0xff)};
}

// Waits for the responses among the arguments; their bytes are used as they are.
Task<Result<std::shared_ptr<const std::string>>> encode_arguments(std::vector<Argument> arguments) {
  auto body = std::make_shared<std::string>(array_header(arguments.size()));
  for (Argument& argument : arguments) {
    if (!argument.response) {
      *body += argument.encoded;
      continue;
    }
    Result<detail::CallResult> result = co_await CallAwaiter{*argument.response};
    if (!result) co_return std::unexpected(std::move(result.error()));
    Result<std::string> bytes = detail::encoded(std::move(*result));
    if (!bytes) co_return std::unexpected(std::move(bytes.error()));
    *body += *bytes;
  }
  co_return std::shared_ptr<const std::string>(std::move(body));
}

Task<Result<TransportCall>> prepare(PreparedCall call) {
  if (call.values)
    co_return TransportCall{.method = std::move(call.method),
                            .body = nullptr,
                            .context = std::move(call.context),
                            .policy = std::move(call.policy),
                            .retry = call.retry,
                            .values = std::move(call.values)};
  auto encoding = encode_arguments(std::move(call.arguments));
  Result<std::shared_ptr<const std::string>> body = co_await encoding;
  if (!body) co_return std::unexpected(std::move(body.error()));
  co_return TransportCall{std::move(call.method), std::move(*body), std::move(call.context),
                          std::move(call.policy), call.retry,       std::move(call.input),
                          std::move(call.strand), nullptr};
}

Error explain(Error error, const CallPath& path) {
  if (path.leads_to_itself() && (error.code == ErrorCode::DeadlineExceeded || error.code == ErrorCode::Overloaded))
    error.message +=
        "; '" + path.deployment +
        "' calls itself, and its replicas may all be busy with requests that wait for such calls: call the method "
        "directly, or raise max_ongoing_requests or num_replicas";
  return error;
}

Error gone() { return {ErrorCode::Unavailable, "the replica or client that made this call is shutting down"}; }

// Ends the call when its coroutine is destroyed before it has: a thread may be blocked on it.
template <class State>
class EndGuard {
 public:
  explicit EndGuard(std::shared_ptr<State> state) : state_(std::move(state)) {}
  EndGuard(EndGuard&&) noexcept = default;
  ~EndGuard() {
    if (state_) state_->abandon(gone());
  }

 private:
  std::shared_ptr<State> state_;
};

Task<void> run_call(std::shared_ptr<PendingCall::State> state, std::shared_ptr<Transport> transport, PreparedCall call,
                    std::shared_ptr<const CallPath> path, EndGuard<PendingCall::State>) {
  auto preparing = prepare(std::move(call));
  Result<TransportCall> prepared = co_await preparing;
  Result<detail::CallResult> result;
  if (prepared) {
    auto calling = transport->call(std::move(*prepared));
    result = co_await calling;
  } else {
    result = std::unexpected(std::move(prepared.error()));
  }
  if (!result) result = std::unexpected(explain(std::move(result.error()), *path));
  state->complete(std::move(result));
}

Task<Result<void>> fill(std::shared_ptr<PendingStream::State> state, std::shared_ptr<Transport> transport,
                        PreparedCall call) {
  auto preparing = prepare(std::move(call));
  Result<TransportCall> prepared = co_await preparing;
  if (!prepared) co_return std::unexpected(std::move(prepared.error()));
  auto opening = transport->open(std::move(*prepared));
  Result<std::unique_ptr<ItemSource>> source = co_await opening;
  if (!source) co_return std::unexpected(std::move(source.error()));
  for (;;) {
    while (std::optional<std::string> item = (*source)->take_ready()) {
      state->add(std::move(*item));
      co_await RoomAwaiter{*state};
    }
    auto reading = (*source)->next();
    Result<std::optional<std::string>> item = co_await reading;
    if (!item) co_return std::unexpected(std::move(item.error()));
    if (!*item) co_return Result<void>();
    state->add(std::move(**item));
    co_await RoomAwaiter{*state};
  }
}

Task<void> run_stream(std::shared_ptr<PendingStream::State> state, std::shared_ptr<Transport> transport,
                      PreparedCall call, std::shared_ptr<const CallPath> path, EndGuard<PendingStream::State>) {
  auto filling = fill(state, std::move(transport), std::move(call));
  Result<void> how = co_await filling;
  if (!how) how = std::unexpected(explain(std::move(how.error()), *path));
  state->end(std::move(how));
}

PreparedCall prepared(detail::OutgoingCall call, const CallPath& path, const std::shared_ptr<Strand>& strand) {
  const auto& request = detail::current_request();
  call.options = with_self_call_limit(std::move(call.options), request.get(), path);
  auto context = call_context(request, call.options);
  PreparedCall made{.method = std::string(call.method),
                    .arguments = std::move(call.arguments),
                    .context = std::move(context),
                    .policy = std::move(call.options.policy),
                    .retry = call.options.retry,
                    .input = std::move(call.input),
                    .strand = nullptr,
                    .values = std::move(call.values)};
  if (!made.input) return made;
  made.input->attach(strand);
  made.strand = strand;
  return made;
}

// Runs `body`, a coroutine over `state`, on the state's strand and for the call's own request.
template <class State, class Body>
void start_on_strand(const std::shared_ptr<State>& state, Body body, std::shared_ptr<Transport> transport,
                     PreparedCall call, std::shared_ptr<const CallPath> path) {
  auto start = [state, body, transport = std::move(transport), call = std::move(call), path = std::move(path),
                guard = EndGuard<State>(state)]() mutable {
    TaskScope* tasks = state->strand->tasks();
    if (!tasks) return;
    const detail::ScopedRequest scope(call.context);
    state->task = tasks->spawn(body(state, std::move(transport), std::move(call), std::move(path), std::move(guard)));
  };
  if (state->strand->on_thread())
    start();
  else
    state->strand->post(std::move(start));
}

}  // namespace

CallOptions with_self_call_limit(CallOptions options, const RequestContext* request, const CallPath& path) {
  const bool has_deadline =
      options.timeout.count() != 0 || (request && request->deadline != RequestContext::TimePoint::max());
  if (has_deadline || !path.leads_to_itself()) return options;
  options.timeout = kSelfCallTimeout;
  if (path.request_timeout_s > 0)
    options.timeout = std::chrono::duration_cast<std::chrono::nanoseconds>(
        std::chrono::duration<double>(std::min(path.request_timeout_s, 1e8)));
  return options;
}

StrandCaller::StrandCaller(std::shared_ptr<Strand> strand, std::shared_ptr<Transport> transport, CallPath path)
    : strand_(std::move(strand)),
      transport_(std::move(transport)),
      path_(std::make_shared<CallPath>(std::move(path))) {}

PendingCall StrandCaller::call(detail::OutgoingCall call) {
  auto state = std::make_shared<PendingCall::State>(strand_);
  start_on_strand(state, &run_call, transport_, prepared(std::move(call), *path_, strand_), path_);
  return PendingCall(std::move(state));
}

PendingStream StrandCaller::stream(detail::OutgoingCall call) {
  auto state = std::make_shared<PendingStream::State>(strand_);
  start_on_strand(state, &run_stream, transport_, prepared(std::move(call), *path_, strand_), path_);
  return PendingStream(std::move(state));
}

}  // namespace manta::api
