#include "api/strand_caller.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>

#include "api/call_context.h"
#include "api/pending_call.h"
#include "api/pending_stream.h"
#include "base/pooled.h"

namespace manta::api {
namespace {

using detail::Argument;
using detail::PendingCall;
using detail::PendingStream;

struct PreparedCall {
  TransportCall call;
  std::vector<Argument> awaited;  // all arguments, if responses are among them: the body is yet to be made
};

std::string array_header(std::size_t size) {
  if (size < 16) return std::string(1, static_cast<char>(0x90 | size));
  return {'\xdc', static_cast<char>(size >> 8), static_cast<char>(size & 0xff)};
}

bool is_response(const Argument& argument) { return argument.response != nullptr; }

// Of arguments that are there; a single one is taken.
std::shared_ptr<const std::string> body_of(std::vector<Argument>& arguments) {
  if (arguments.size() == 1) {
    std::string& body = arguments.front().encoded;
    body.insert(0, array_header(1));
    return make_pooled<std::string>(std::move(body));
  }
  std::size_t size = 3;
  for (const Argument& argument : arguments) size += argument.encoded.size();
  auto body = make_pooled<std::string>();
  body->reserve(size);
  *body += array_header(arguments.size());
  for (const Argument& argument : arguments) *body += argument.encoded;
  return body;
}

// Waits for the responses among the arguments; their bytes are used as they are.
Task<Result<TransportCall>> resolve(PreparedCall prepared, Loop* loop) {
  const TimePoint since = loop->now();
  for (Argument& argument : prepared.awaited) {
    if (!argument.response) continue;
    Result<detail::CallResult> result = co_await CallAwaiter{*argument.response};
    if (!result) co_return std::unexpected(std::move(result.error()));
    Result<std::string> bytes = detail::encoded(std::move(*result));
    if (!bytes) co_return std::unexpected(std::move(bytes.error()));
    argument.encoded = std::move(*bytes);
  }
  prepared.call.body = body_of(prepared.awaited);
  prepared.call.arguments_took = loop->now() - since;
  co_return std::move(prepared.call);
}

Task<Result<detail::CallResult>> resolve_and_call(PreparedCall prepared, Transport* transport, Loop* loop) {
  auto resolving = resolve(std::move(prepared), loop);
  Result<TransportCall> call = co_await resolving;
  if (!call) co_return std::unexpected(std::move(call.error()));
  auto calling = transport->call(std::move(*call));
  co_return co_await calling;
}

Task<Result<std::unique_ptr<ItemSource>>> resolve_and_open(PreparedCall prepared, Transport* transport, Loop* loop) {
  auto resolving = resolve(std::move(prepared), loop);
  Result<TransportCall> call = co_await resolving;
  if (!call) co_return std::unexpected(std::move(call.error()));
  auto opening = transport->open(std::move(*call));
  co_return co_await opening;
}

void explain(Error& error, const CallPath& path) {
  if (path.leads_to_itself() && (error.code == ErrorCode::DeadlineExceeded || error.code == ErrorCode::Overloaded))
    error.message +=
        "; '" + path.deployment +
        "' calls itself, and its replicas may all be busy with requests that wait for such calls: call the method "
        "directly, or raise max_ongoing_requests or num_replicas";
}

template <class T>
Result<T>&& explained(Result<T>&& result, const CallPath& path) {
  if (!result) explain(result.error(), path);
  return std::move(result);
}

Error gone() { return {ErrorCode::Unavailable, "the replica or client that made this call is shutting down"}; }

// What the coroutine of a call has of its state. Ends the call when it is destroyed before that has ended: a thread may
// be blocked on it.
template <class State>
class EndGuard {
 public:
  explicit EndGuard(std::shared_ptr<State> state) : state_(std::move(state)) {}
  EndGuard(EndGuard&&) noexcept = default;
  ~EndGuard() {
    if (state_ && !state_->over()) state_->abandon(gone());
  }
  State* operator->() const { return state_.get(); }
  void leave() { state_.reset(); }  // somebody else sees to it
  const std::shared_ptr<State>& shared() const { return state_; }

 private:
  std::shared_ptr<State> state_;
};

Task<void> run(EndGuard<PendingCall::State> state, std::shared_ptr<const CallWay> way,
               Task<Result<detail::CallResult>> calling) {
  Result<detail::CallResult> result = co_await calling;
  state->complete(explained(std::move(result), way->path));
}

// Gives the reader an item and those behind it that are there already, as far as there is room. It is told once of all
// of them, before anything is waited for. False: there was no more room, as far as is known.
bool pass_on(PendingStream::State& state, ItemSource& source, std::string first) {
  bool has_room = state.put(std::move(first));
  while (has_room) {
    std::optional<std::string> item = source.take_ready();
    if (!item) break;
    has_room = state.put(std::move(*item));
  }
  state.tell_reader();
  return has_room;
}

Task<Result<void>> fill(std::shared_ptr<PendingStream::State> state,
                        Task<Result<std::unique_ptr<ItemSource>>> opening) {
  Result<std::unique_ptr<ItemSource>> source = co_await opening;
  if (!source) co_return std::unexpected(std::move(source.error()));
  for (;;) {
    auto reading = (*source)->next();
    Result<std::optional<std::string>> item = co_await reading;
    if (!item) co_return std::unexpected(std::move(item.error()));
    if (!*item) co_return Result<void>();
    const bool has_room = pass_on(*state, **source, std::move(**item));
    if (!has_room) co_await RoomAwaiter{*state};
  }
}

Task<void> run(EndGuard<PendingStream::State> state, std::shared_ptr<const CallWay> way,
               Task<Result<std::unique_ptr<ItemSource>>> opening) {
  auto filling = fill(state.shared(), std::move(opening));
  Result<void> how = co_await filling;
  state->end(explained(std::move(how), way->path));
}

// What is still to be run for one call; an empty task: it has ended. `is_known`: to others than who makes the call.
Task<Result<detail::CallResult>> begin(PendingCall::State& state, const CallWay& way, PreparedCall&& prepared,
                                       bool is_known) {
  if (!prepared.awaited.empty())
    return resolve_and_call(std::move(prepared), way.transport.get(), &state.strand->loop());
  Transport::AtOnce later;
  Transport::AtOnce& result = is_known ? later : state.result;
  auto rest = way.transport->start(std::move(prepared.call), result);
  if (!result) return rest;
  if (!*result) explain(result->error(), way.path);
  is_known ? state.complete(std::move(*later)) : state.has_ended();
  return {};
}

Task<Result<std::unique_ptr<ItemSource>>> begin(const PendingStream::State& state, const CallWay& way,
                                                PreparedCall&& prepared, bool) {
  if (prepared.awaited.empty()) return way.transport->open(std::move(prepared.call));
  return resolve_and_open(std::move(prepared), way.transport.get(), &state.strand->loop());
}

PreparedCall prepare(detail::OutgoingCall& call, const CallPath& path, const std::shared_ptr<Strand>& strand) {
  const auto& request = detail::current_request();
  PreparedCall made{
      .call = {.method = std::string(call.method),
               .body = nullptr,
               .context = path.leads_to_itself()
                              ? call_context(request, with_self_call_limit(call.options, request.get(), path))
                              : call_context(request, call.options),
               .policy = call.options.policy,
               .retry = call.retry,
               .values = std::move(call.values)},
      .awaited = {}};
  if (std::ranges::any_of(call.arguments, is_response))
    made.awaited = std::move(call.arguments);
  else if (!made.call.values)
    made.call.body = body_of(call.arguments);
  if (!call.input) return made;
  call.input->attach(strand);
  made.call.input = std::move(call.input);
  made.call.strand = strand;
  return made;
}

// Starts the call for its own request. On the strand.
template <class State>
void start(const std::shared_ptr<State>& state, const std::shared_ptr<const CallWay>& way, PreparedCall&& prepared,
           bool is_known) {
  TaskScope* const tasks = state->strand->tasks();
  if (!tasks) return state->abandon(gone());
  std::optional<detail::ScopedRequest> scope;
  if (prepared.call.context != detail::current_request()) scope.emplace(prepared.call.context);
  auto work = begin(*state, *way, std::move(prepared), is_known);
  if (!work.valid()) return;
  state->task = tasks->spawn(run(EndGuard<State>(state), way, std::move(work)), TaskScope::Frame::AtOnce);
}

template <class State>
void start_on_strand(const std::shared_ptr<State>& state, const std::shared_ptr<const CallWay>& way,
                     PreparedCall&& prepared) {
  if (state->strand->on_thread()) return start(state, way, std::move(prepared), false);
  state->strand->post([guard = EndGuard<State>(state), way, prepared = std::move(prepared)]() mutable {
    start(guard.shared(), way, std::move(prepared), true);
    guard.leave();
  });
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
      way_(std::make_shared<CallWay>(CallWay{.transport = std::move(transport), .path = std::move(path)})) {}

PendingCall StrandCaller::call(detail::OutgoingCall call) {
  auto state = make_pooled<PendingCall::State>(strand_);
  start_on_strand(state, way_, prepare(call, way_->path, strand_));
  return PendingCall(std::move(state));
}

PendingStream StrandCaller::stream(detail::OutgoingCall call) {
  auto state = std::make_shared<PendingStream::State>(strand_);
  start_on_strand(state, way_, prepare(call, way_->path, strand_));
  return PendingStream(std::move(state));
}

}  // namespace manta::api
