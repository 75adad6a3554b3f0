#include "simulate/caller.h"

#include <algorithm>
#include <utility>

#include "base/of_seconds.h"
#include "simulate/control_plane.h"

namespace manta::simulate {
namespace {

constexpr Duration kLongestWaitForReplicas = std::chrono::seconds(30);  // as the proxy's

// A call that is destroyed before it has ended is told as dropped.
class OpenCall {
 public:
  OpenCall(Ledger& ledger, CallId call) : ledger_(ledger), call_(call) {}
  ~OpenCall() {
    if (!over_) ledger_.dropped(call_);
  }
  OpenCall(const OpenCall&) = delete;
  OpenCall& operator=(const OpenCall&) = delete;
  void end(const Result<void>& result) {
    over_ = true;
    ledger_.ended(call_, result);
  }

 private:
  Ledger& ledger_;
  const CallId call_;
  bool over_ = false;
};

routing::AttemptEnd end_of(const AttemptOutcome& outcome, routing::ReplicaKey replica, const std::string& replica_id) {
  return {.replica = replica,
          .replica_id = replica_id,
          .timed_out = outcome.timed_out,
          .refusal = outcome.refusal,
          .answered = outcome.answered,
          .is_error = outcome.error.has_value(),
          .failure = outcome.failure};
}

routing::Outcome result_of(const AttemptOutcome& outcome) {
  if (outcome.timed_out) return routing::Outcome::Failure;
  if (!outcome.error) return routing::Outcome::Success;
  return routing::outcome_of(http_status(*outcome.error), name(outcome.error->code));
}

}  // namespace

Caller::Caller(World& world, std::string handle, std::string node_id)
    : world_(world),
      id_(world.next_id++),
      handle_(std::move(handle)),
      node_id_(std::move(node_id)),
      self_(std::make_shared<Caller*>(this)) {
  counts_.watch()->listen([loop = &world.loop, self = self_] {
    loop->post([self] {
      if (*self) (*self)->report_soon();
    });
  });
  world.plane->subscribe(*this);
}

Caller::~Caller() {
  *self_ = nullptr;
  world_.loop.cancel(report_timer_);
  world_.plane->unsubscribe(*this);
  counts_.watch()->listen(nullptr);
}

std::unique_ptr<routing::ReplicaConnection> Caller::connect(const spec::ReplicaAddress& address,
                                                            routing::ReplicaConnection::Events events) {
  const auto own = std::make_shared<CallerConnection*>(nullptr);
  auto forget = [all = connections_, own, id = address.id] {
    const auto [first, last] = all->equal_range(id);
    const auto entry = std::find_if(first, last, [&](const auto& known) { return known.second == *own; });
    if (entry != last) all->erase(entry);
  };
  auto connection = std::make_unique<CallerConnection>(world_, address, std::move(events), std::move(forget));
  *own = connection.get();
  connections_->emplace(address.id, connection.get());
  return connection;
}

Caller::Destination& Caller::destination(const control::DeploymentKey& key) {
  Destination& destination = destinations_[key];
  if (destination.router) return destination;
  destination.count = counts_.of(key.application, key.deployment);
  destination.count->set_watched(true);
  const routing::RouterEnvironment environment{
      .loop = world_.loop,
      .metrics = world_.metrics,
      .logger = world_.logger,
      .connect = nullptr,
      .seed = world_.random(),
      .handle = handle_,
      .node_id = node_id_,
      .make_connection = [this](const spec::ReplicaAddress& address, routing::ReplicaConnection::Events events) {
        return connect(address, std::move(events));
      }};
  destination.router =
      std::make_unique<routing::Router>(environment, key.application, key.deployment, destination.count,
                                        routing::RouterOptions{.replica_wait = kLongestWaitForReplicas});
  if (followed_.snapshot())
    for (const spec::ReplicaSet& set : followed_.snapshot()->deployments)
      if (set.application == key.application && set.deployment == key.deployment) destination.router->update(set);
  return destination;
}

void Caller::take(const spec::RoutingChange& item) {
  using Step = routing::FollowedSnapshot::Step;
  const Step step = followed_.take(item);
  if (step == Step::Lost) world_.findings.add("a change of the routes does not follow on what its caller was told");
  if (step != Step::News) return;
  for (auto& [key, destination] : destinations_) {
    spec::ReplicaSet set = destination.router->replica_set();
    set.replicas.clear();
    for (const spec::ReplicaSet& published : followed_.snapshot()->deployments)
      if (published.application == key.application && published.deployment == key.deployment) set = published;
    destination.router->update(set);
  }
}

CallTerms Caller::with_bounds(const CallTerms& terms, const spec::ReplicaSet& set) const {
  CallTerms all = terms;
  const AdmissionConfig& limits = set.admission;
  all.has_deadline = terms.has_deadline || set.request_timeout_s > 0 || world_.options.timeout_s > 0;
  all.may_be_turned_away = set.max_queued_requests >= 0 || limits.requests_per_s > 0 ||
                           limits.tenant_requests_per_s > 0 || limits.max_queued_bytes > 0 ||
                           limits.max_queue_age_s > 0;
  return all;
}

Task<Result<void>> Caller::call(control::DeploymentKey key, CallTerms terms, CallId parent) {
  const CallTerms bounds = with_bounds(terms, destination(key).router->replica_set());
  const CallId call = world_.ledger.begin(bounds, parent);
  OpenCall open(world_.ledger, call);
  auto dispatching = dispatch(std::move(key), call, terms.may_run_twice);
  Result<void> result = co_await dispatching;
  open.end(result);
  co_return result;
}

TimePoint Caller::deadline(const spec::ReplicaSet& set) const {
  const double timeout_s = world_.options.timeout_s > 0 ? world_.options.timeout_s : set.request_timeout_s;
  return timeout_s > 0 ? world_.loop.now() + of_seconds(timeout_s) : TimePoint::max();
}

// As the Dispatcher does.
Task<Result<void>> Caller::dispatch(control::DeploymentKey key, CallId call, bool may_run_twice) {
  Destination& to = destination(key);
  to.retries.count_request();
  routing::RequestInfo info{.deadline = deadline(to.router->replica_set()), .arrival = to.router->next_arrival()};
  if (auto refused = to.router->admit(info)) co_return std::unexpected(std::move(*refused));
  routing::Attempts attempts;
  for (;;) {
    routing::Lease lease = to.router->try_acquire(info);
    if (!lease) {
      const TimePoint since = world_.loop.now();
      auto acquiring = to.router->acquire(info);
      auto acquired = co_await acquiring;
      info.waited += world_.loop.now() - since;
      info.charged = true;
      if (!acquired) co_return std::unexpected(std::move(acquired.error()));
      lease = std::move(*acquired);
    }
    info.was_sent = true;
    auto sending = attempt(lease.replica_id(), lease.waiting(), call, info.deadline);
    const AttemptOutcome outcome = co_await sending;
    if (outcome.refusal && world_.options.mistake == Mistake::GiveUp)
      co_return fail(ErrorCode::Overloaded, "the replica is full");
    Error error = outcome.error.value_or(Error{});
    const std::string replica_id = lease.replica_id();
    const routing::AttemptEnd end = end_of(outcome, lease.key(), replica_id);
    settle(lease, outcome);
    const bool repeats = may_run_twice || world_.options.mistake == Mistake::RunTwice;
    const auto next = to.retries.judge(end, repeats, info, attempts, error);
    if (next == routing::RetryRule::Next::Answer) co_return Result<void>();
    if (next == routing::RetryRule::Next::Fail) co_return std::unexpected(std::move(error));
  }
}

Task<AttemptOutcome> Caller::attempt(std::string replica_id, int waiting, CallId call, TimePoint deadline) {
  const auto [first, last] = connections_->equal_range(replica_id);
  if (first == last) co_return AttemptOutcome{.failure = net::CallFailure::NeverStarted};
  const auto sent = std::make_shared<Attempt>();
  sent->call = call;
  sent->waiting = waiting;
  TimerId limit = 0;
  if (deadline != TimePoint::max())
    limit = world_.loop.at(deadline, [sent] { sent->outcome.set({.timed_out = true}); });
  std::prev(last)->second->send(sent);
  AttemptOutcome outcome = co_await sent->outcome;
  world_.loop.cancel(limit);
  co_return outcome;
}

// As PendingCall does.
void Caller::settle(routing::Lease& lease, const AttemptOutcome& outcome) {
  if (outcome.refusal) return lease.refused(*outcome.refusal, outcome.queue);
  if (outcome.failure) {
    if (*outcome.failure != net::CallFailure::NeverStarted) lease.ended(routing::Outcome::Failure);
    return lease.lost();
  }
  if (outcome.answered) lease.reported(outcome.queue);
  lease.ended(result_of(outcome));
  if (world_.options.mistake == Mistake::KeepPlace && world_.random() % 97 == 5)
    kept_.push_back(std::move(lease));
  else
    lease.release();
}

}  // namespace manta::simulate
