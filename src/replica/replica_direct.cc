// Calls from the replica's own process, and replicas that share its socket.
#include <chrono>
#include <exception>
#include <memory>
#include <utility>

#include <manta/detail/json.h>

#include "replica/error_response.h"
#include "replica/replica_impl.h"

namespace manta::replica {

ConnectionId ReplicaServer::Impl::attach(DirectEvents events) {
  const ConnectionId caller = direct_callers.add(std::move(events));
  board.admission.listen(caller);
  if (self_report.known() != spec::SlotNotice{}) direct_callers.tell(caller, self_report.known());
  return caller;
}

void ReplicaServer::Impl::detach(ConnectionId caller) {
  direct_callers.remove(caller);
  board.admission.forget(caller);
  places_changed();
}

void ReplicaServer::Impl::refuse(DirectCall& call, std::string_view why, Error error) {
  board.metrics.refused.add();
  call.end(std::unexpected(std::move(error)), {.refused = why, .queue = board.admission.ongoing(), .at = loop.now()});
}

// As handle_call() does it for a request that came over a connection.
void ReplicaServer::Impl::call(DirectCall& call) {
  const std::string& named = call.method;
  if (draining)
    return refuse(call, "draining", {.code = ErrorCode::Unavailable, .message = options.id + " is shutting down"});
  const auto& servable = host.servable();
  if (!servable) return refuse(call, "full", {.code = ErrorCode::Unavailable, .message = options.id + " is not ready"});
  const spec::MethodSpec* const method = find_method(*servable, named);
  if (!method)
    return refuse(call, "no-method",
                  {.code = ErrorCode::NotFound, .message = options.deployment + " has no method '" + named + "'"});
  if (method->streams != (call.items != nullptr))
    return call.end(fail(ErrorCode::InvalidArgument,
                         "method '" + method->name + "' " +
                             (method->streams ? "streams: use stream()" : "does not stream: use call()")),
                    {.at = call.made_at});
  const MethodTerms terms = servable->terms(*method);
  call.invocation.method = method;
  if (terms.runs == MethodTerms::Runs::Aside) return answer_aside(call, servable);
  fit_places();
  const TimePoint now = call.made_at;
  const bool admitted = board.admission.admit(call.caller, call.waiting, now);
  places_changed();
  if (!admitted)
    return refuse(call, "full",
                  {.code = ErrorCode::Overloaded,
                   .message = options.id + " runs max_ongoing_requests already",
                   .retry_after_s = 1});
  complete(*call.context);
  ActiveCall::make(board, call, servable, now)->start(*method, terms);
}

void ReplicaServer::Impl::answer_aside(DirectCall& call, std::shared_ptr<Servable> servable) {
  const auto to = std::make_shared<DirectCall*>(&call);
  call.cancel = [to] { *to = nullptr; };
  const detail::ScopedRequest its_own(call.context);
  scope.spawn(answer_aside(to, std::move(call.invocation), std::move(servable)));
}

// `to`: null once the caller has gone.
Task<void> ReplicaServer::Impl::answer_aside(std::shared_ptr<DirectCall*> to, Invocation invocation,
                                             std::shared_ptr<Servable> servable) {
  auto reply = std::make_shared<Result<Reply>>();
  Compute::Job job = [reply, servable, invocation = std::move(invocation)]() mutable {
    try {
      *reply = servable->call_blocking(invocation);
    } catch (...) {
      *reply = std::unexpected(error_of(std::current_exception()));
    }
  };
  auto running = run_on(options.aside ? *options.aside : compute, loop, std::move(job));
  const auto ran = co_await running;
  if (!ran) *reply = std::unexpected(ran.error());
  if (*to) (*to)->end(std::move(*reply), {.queue = board.admission.ongoing(), .at = loop.now()});
}

void ReplicaServer::Impl::tell(ConnectionId caller, const spec::SlotNotice& notice) {
  if (!direct_callers.tell(caller, notice)) slots.send(caller, *detail::to_json(notice));
}

void ReplicaServer::Impl::tell_all(const spec::SlotNotice& notice) {
  direct_callers.tell_all(notice);
  slots.send_all(*detail::to_json(notice));
}

ConnectionId ReplicaServer::attach(DirectEvents events) { return impl_->attach(std::move(events)); }
void ReplicaServer::detach(ConnectionId caller) { impl_->detach(caller); }
void ReplicaServer::call(DirectCall& call) { impl_->call(call); }
void ReplicaServer::share_socket(std::string member, ReplicaServer& with) {
  impl_->members.emplace(std::move(member), with.impl_.get());
}

}  // namespace manta::replica
