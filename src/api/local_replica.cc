#include "api/local_replica.h"

#include <algorithm>
#include <utility>

#include "replica/error_response.h"

namespace manta::api {
namespace {

struct HeldPlace {
  std::move_only_function<void()> give_back;
  ~HeldPlace() { give_back(); }
};

Error too_late(const char* when) {
  return {ErrorCode::DeadlineExceeded, std::string("the time given for the request ran out while it was ") + when};
}

}  // namespace

LocalReplica::LocalReplica(const Clock& clock, Metrics& metrics, Logger& logger, ReplicaContext context)
    : thread_(std::make_unique<LoopThread>(clock)),
      compute_({.threads = std::max(1, context.config.compute_threads)}),
      scope_{std::move(context), thread_->strand(), compute_, metrics, logger, nullptr},
      options_{.application = scope_.context.application,
               .deployment = scope_.context.deployment,
               .id = scope_.context.replica,
               .config = scope_.context.config,
               .aside = &aside_} {
  scope_.aside = &aside_;
}

LocalReplica::~LocalReplica() { stop(); }

void LocalReplica::start(MakeServable make, decltype(ReplicaScope::caller) caller) {
  scope_.caller = std::move(caller);
  thread_->run_and_wait([&] {
    enter_replica(&scope_);
    gates_ = std::make_unique<replica::MethodGates>(thread_->loop());
    auto made = [this, make = std::move(make)]() mutable { return make(scope_); };
    host_ = std::make_unique<replica::ReplicaHost>(thread_->loop(), compute_, scope_.logger, options_, std::move(made));
    host_->on_phase([this](replica::ReplicaHost::Phase phase) { on_phase(phase); });
    host_->start();
  });
}

void LocalReplica::on_phase(replica::ReplicaHost::Phase phase) {
  if (phase != replica::ReplicaHost::Phase::Running && phase != replica::ReplicaHost::Phase::StartFailed) return;
  {
    const std::lock_guard lock(mutex_);
    if (!ready_)
      ready_ = phase == replica::ReplicaHost::Phase::Running ? Result<void>()
                                                             : fail(ErrorCode::Unavailable, host_->message());
  }
  ready_changed_.notify_all();
  pump();
}

Result<void> LocalReplica::wait_until_ready(Duration timeout) {
  std::unique_lock lock(mutex_);
  if (ready_changed_.wait_for(lock, timeout, [this] { return ready_.has_value(); })) return *ready_;
  return fail(ErrorCode::Unavailable, "deployment '" + scope_.context.deployment + "' was not ready in time");
}

void LocalReplica::submit(std::shared_ptr<LocalCall> call) {
  Loop& loop = thread_->loop();
  const int limit = scope_.context.config.max_queued_requests;
  const bool full = host_->phase() == replica::ReplicaHost::Phase::Running && !has_place() && limit >= 0 &&
                    std::ssize(queued_) >= limit;
  if (full || stopping_) {
    call->phase = LocalCall::Phase::Ended;
    return call->reply(
        full ? fail(ErrorCode::Overloaded, "deployment '" + scope_.context.deployment +
                                               "': " + std::to_string(queued_.size()) + " requests wait already")
             : fail(ErrorCode::Unavailable, "deployment '" + scope_.context.deployment + "' is stopping"));
  }
  if (call->context->deadline != RequestContext::TimePoint::max())
    call->timer = loop.at(call->context->deadline, [this, weak = std::weak_ptr(call)] {
      const auto late = weak.lock();
      if (!late || late->phase == LocalCall::Phase::Ended) return;
      late->reply(std::unexpected(
          too_late(late->phase == LocalCall::Phase::Queued ? "waiting for a free replica" : "running")));
      cancel(late);
    });
  queued_.push_back(std::move(call));
  pump();
}

int LocalReplica::max_ongoing() const {
  const DeploymentConfig& config = scope_.context.config;
  const bool given = config.max_ongoing_requests != DeploymentConfig().max_ongoing_requests;
  if (given || !config.raise_for_batches) return config.max_ongoing_requests;
  return std::max(config.max_ongoing_requests, scope_.batchers->concurrency());
}

void LocalReplica::pump() {
  using Phase = replica::ReplicaHost::Phase;
  if (host_->phase() == Phase::Starting) return;
  while (!queued_.empty() && (has_place() || host_->phase() != Phase::Running)) {
    const auto call = std::move(queued_.front());
    queued_.pop_front();
    if (host_->phase() == Phase::Running && !stopping_) {
      run(call);
    } else {
      call->phase = LocalCall::Phase::Ended;
      call->reply(fail(ErrorCode::Unavailable,
                       "deployment '" + scope_.context.deployment + "' does not run: " + host_->message()));
    }
  }
}

void LocalReplica::run(const std::shared_ptr<LocalCall>& call) {
  call->phase = LocalCall::Phase::Running;
  running_.push_back(call);
  const auto servable = host_->servable();
  const spec::MethodSpec* const method = call->invocation.method = find_method(*servable, call->method);
  if (!method)
    return finish(call, fail(ErrorCode::NotFound,
                             "deployment '" + scope_.context.deployment + "' has no method '" + call->method + "'"));
  if (method->streams != (call->items != nullptr))
    return finish(call, fail(ErrorCode::InvalidArgument,
                             "method '" + method->name + "' " +
                                 (method->streams ? "streams: use stream()" : "does not stream: use call()")));
  call->invocation.items = call->items.get();
  const replica::MethodTerms terms = servable->terms(*method);
  if (terms.max_concurrent == 0) return begin(call, servable, terms);
  call->pass = gates_->enter(method->name, terms.max_concurrent,
                             [this, call, servable, terms] { begin(call, servable, terms); });
  if (call->phase == LocalCall::Phase::Ended) gates_->leave(std::exchange(call->pass, 0));
}

void LocalReplica::begin(const std::shared_ptr<LocalCall>& call, const std::shared_ptr<replica::Servable>& servable,
                         replica::MethodTerms terms) {
  using Runs = replica::MethodTerms::Runs;
  call->begun = true;
  switch (terms.runs) {
    case Runs::Coroutine: {
      const detail::ScopedRequest request(call->context);
      call->task = thread_->strand()->tasks()->spawn(run_coroutine(call, servable));
      return;
    }
    case Runs::Inline:
      return run_inline(call);
    case Runs::Dedicated:
      return run_plain(call, dedicated_.of(call->method, std::max(1, terms.max_concurrent)));
    case Runs::Aside:
      return run_plain(call, aside_);
    case Runs::Pool:
      return run_plain(call, compute_);
  }
}

Task<void> LocalReplica::run_coroutine(std::shared_ptr<LocalCall> call, std::shared_ptr<replica::Servable> servable) {
  const HeldPlace place{[this, call] { release(call); }};
  Result<replica::Reply> reply;
  try {
    auto calling = servable->call(call->invocation);
    reply = co_await calling;
  } catch (...) {
    reply = std::unexpected(replica::error_of(std::current_exception()));
  }
  call->reply(std::move(reply));
}

void LocalReplica::run_inline(const std::shared_ptr<LocalCall>& call) {
  Result<replica::Reply> reply;
  try {
    const detail::ScopedRequest request(call->context);
    reply = host_->servable()->call_blocking(call->invocation);
  } catch (...) {
    reply = std::unexpected(replica::error_of(std::current_exception()));
  }
  finish(call, std::move(reply));
}

void LocalReplica::run_plain(const std::shared_ptr<LocalCall>& call, replica::Compute& compute) {
  auto job = [this, call, servable = host_->servable()]() mutable {
    Result<replica::Reply> reply;
    try {
      const detail::ScopedRequest request(call->context);
      reply = servable->call_blocking(call->invocation);
    } catch (...) {
      reply = std::unexpected(replica::error_of(std::current_exception()));
    }
    servable.reset();
    thread_->strand()->post([this, call, reply = std::move(reply)]() mutable { finish(call, std::move(reply)); });
  };
  auto id = compute.submit(std::move(job), 0);
  if (!id) return finish(call, std::unexpected(std::move(id.error())));
  call->compute = &compute;
  call->job = *id;
}

void LocalReplica::finish(const std::shared_ptr<LocalCall>& call, Result<replica::Reply> reply) {
  call->reply(std::move(reply));
  release(call);
}

void LocalReplica::release(const std::shared_ptr<LocalCall>& call) {
  if (call->phase != LocalCall::Phase::Running) return;
  call->phase = LocalCall::Phase::Ended;
  thread_->loop().cancel(call->timer);
  std::erase(running_, call);
  if (call->pass != 0) gates_->leave(std::exchange(call->pass, 0));
  if (!stopping_) thread_->strand()->post([this] { pump(); });
}

void LocalReplica::cancel(const std::shared_ptr<LocalCall>& call) {
  if (call->phase == LocalCall::Phase::Ended) return;
  call->context->cancelled = true;
  if (call->phase == LocalCall::Phase::Queued) {
    std::erase(queued_, call);
    call->phase = LocalCall::Phase::Ended;
    thread_->loop().cancel(call->timer);
  } else if (!call->begun) {  // it waits for others of its method
    release(call);
  } else if (call->task != 0) {
    if (TaskScope* tasks = thread_->strand()->tasks()) tasks->cancel(call->task);
  } else if (call->compute && call->compute->cancel(call->job)) {
    release(call);
  }  // else plain code runs: it keeps its place until it returns
}

void LocalReplica::stop() {
  if (!thread_) return;
  if (host_) {
    std::promise<void> gone;
    thread_->loop().post([&] {
      stopping_ = true;
      for (const auto& call : std::exchange(queued_, {}))
        call->reply(fail(ErrorCode::Unavailable, "the application is stopping"));
      for (const auto& call : running_) call->context->cancelled = true;
      thread_->strand()->tasks()->cancel_all();
      host_->begin_stop();
      host_->stop([&] { gone.set_value(); });
    });
    gone.get_future().wait();
  }
  compute_.stop();
  aside_.stop();
  dedicated_.stop();
  thread_->run_and_wait([&] {
    gates_.reset();
    host_.reset();
  });
  thread_.reset();
}

}  // namespace manta::api
