#include "replica/replica_host.h"

#include <cmath>
#include <optional>
#include <utility>

#include "replica/error_response.h"

namespace manta::replica {
namespace {

Duration seconds(double s) { return std::chrono::duration_cast<Duration>(std::chrono::duration<double>(s)); }

// Items of a warm-up call go nowhere.
class Discard final : public ItemSink {
 public:
  Task<Result<void>> write(std::string) override { co_return Result<void>(); }
  Result<void> write_blocking(std::string) override { return {}; }
  void start(int, net::Headers) override {}
};

// What a job on a compute thread leaves behind for the coroutine that waits for it.
template <class T>
struct Outcome {
  std::optional<Result<T>> result;
};

// Runs `fn` on a compute thread; what it throws becomes an Error.
template <class T, class Fn>
Task<Result<T>> on_compute(Compute& compute, Loop& loop, Fn fn) {
  auto outcome = std::make_shared<Outcome<T>>();
  Compute::Job job = [outcome, fn = std::move(fn)]() mutable {
    try {
      outcome->result = fn();
    } catch (...) {
      outcome->result = std::unexpected(error_of(std::current_exception()));
    }
  };
  auto ran = co_await run_on(compute, loop, std::move(job));
  if (!ran) co_return std::unexpected(std::move(ran.error()));
  co_return std::move(*outcome->result);
}

}  // namespace

struct ReplicaHost::Impl {
  Loop& loop;
  Compute& compute;
  Logger& logger;
  const ReplicaOptions& options;
  MakeServable make;
  TaskScope scope;
  Phase phase = Phase::Starting;
  std::string message;
  bool is_final = false;
  std::function<void(Phase)> on_phase;
  std::shared_ptr<Servable> servable;
  TimerId start_timer = 0;
  TaskScope::Id starting = 0;
  bool has_started = false;  // on_start() ended well
  bool in_on_stop = false;

  Impl(Loop& on, Compute& pool, Logger& log, const ReplicaOptions& opts, MakeServable maker)
      : loop(on), compute(pool), logger(log), options(opts), make(std::move(maker)), scope(on) {}

  void enter(Phase next, std::string why = {}) {
    phase = next;
    message = std::move(why);
    if (on_phase) on_phase(next);
  }

  void start_failed(const std::string& step, const Error& error) {
    if (phase != Phase::Starting) return;
    loop.cancel(start_timer);
    const std::string where = error.detail.empty() ? "" : " (" + error.detail + ")";
    enter(Phase::StartFailed, options.deployment + ": " + step + " failed: " + error.message + where);
    logger.error("replica start failed", {{"replica", options.id}, {"message", message}});
  }

  Compute& aside() { return options.aside ? *options.aside : compute; }
  Task<void> start_up();
  Task<Result<void>> warm_up(WarmUp call);
  Task<Result<void>> check();
  Task<void> end(std::move_only_function<void()> done);
  Task<void> destroy(std::move_only_function<void()> done);
};

namespace {

// A function of the user's object: what it throws becomes an Error.
Task<Result<void>> guarded(Task<Result<void>> call) {
  try {
    co_return co_await call;
  } catch (...) {
    co_return std::unexpected(error_of(std::current_exception()));
  }
}

}  // namespace

Task<void> ReplicaHost::Impl::start_up() {
  auto made = co_await on_compute<std::unique_ptr<Servable>>(compute, loop, std::move(make));
  if (!made) {
    const ErrorCode code = made.error().code;
    is_final = code == ErrorCode::InvalidArgument || code == ErrorCode::NotFound;
    co_return start_failed("the constructor", made.error());
  }
  servable = std::move(*made);
  if (options.config.user_config) {
    const auto done = co_await on_compute<void>(
        compute, loop,
        [object = servable, config = *options.config.user_config] { return object->reconfigure(config); });
    if (!done) co_return start_failed("reconfigure()", done.error());
  }
  const auto started = co_await guarded(servable->on_start());
  if (!started) co_return start_failed("on_start()", started.error());
  has_started = true;
  const auto healthy = co_await on_compute<void>(aside(), loop, [object = servable] { return object->check_health(); });
  if (!healthy) co_return start_failed("the first health check", healthy.error());
  for (const WarmUp& call : options.config.warmup) {
    const auto warm = co_await warm_up(call);
    if (!warm) co_return start_failed("warm-up call " + call.method, warm.error());
  }
  if (phase != Phase::Starting) co_return;
  loop.cancel(start_timer);
  enter(Phase::Running);
}

Task<Result<void>> ReplicaHost::Impl::warm_up(WarmUp call) {
  Discard discard;
  const spec::MethodSpec* const method = find_method(*servable, call.method);
  if (!method)
    co_return fail(ErrorCode::NotFound, "deployment '" + options.deployment + "' has no method '" + call.method + "'");
  for (int i = 0; i < call.count; ++i) {
    Invocation invocation{.method = method, .body = call.body, .items = &discard};
    Result<Reply> reply;
    if (servable->terms(*method).runs == MethodTerms::Runs::Coroutine) {
      try {
        auto calling = servable->call(invocation);
        reply = co_await calling;
      } catch (...) {
        reply = std::unexpected(error_of(std::current_exception()));
      }
    } else {
      auto job = [object = servable, invocation = std::move(invocation)]() mutable {
        return object->call_blocking(invocation);
      };
      reply = co_await on_compute<Reply>(compute, loop, std::move(job));
    }
    if (!reply) co_return std::unexpected(std::move(reply.error()));
  }
  co_return Result<void>();
}

// Between a health check and its time limit: whichever comes first answers.
namespace {

struct CheckRace {
  std::optional<Result<void>> result;
  detail::Resumption waiter;

  void end(Result<void> outcome) {
    if (result) return;
    result = std::move(outcome);
    auto resumption = std::exchange(waiter, {});
    resumption.resume();
  }
};

struct CheckEnd {
  std::shared_ptr<CheckRace> race;
  bool await_ready() const noexcept { return race->result.has_value(); }
  void await_suspend(std::coroutine_handle<> handle) { race->waiter = detail::Resumption(handle); }
  void await_resume() noexcept {}
  ~CheckEnd() { race->waiter.forget(); }
};

Task<void> run_check(Compute& compute, Loop& loop, std::shared_ptr<Servable> servable,
                     std::shared_ptr<CheckRace> race) {
  Result<void> outcome = co_await on_compute<void>(compute, loop, [servable] { return servable->check_health(); });
  if (!outcome) outcome.error().code = ErrorCode::Unavailable;
  race->end(std::move(outcome));
}

}  // namespace

// A pool that is busy with long calls cannot take the check in time. That is health as long as calls end; a check on
// threads of its own has no such excuse.
Task<Result<void>> ReplicaHost::Impl::check() {
  const auto race = std::make_shared<CheckRace>();
  const bool among_calls = options.aside == nullptr;
  const std::uint64_t finished_before = compute.finished();
  const double limit_s = options.config.health_check_timeout_s;
  const auto id = scope.spawn(run_check(aside(), loop, servable, race));
  const TimerId timer = loop.after(seconds(limit_s), [this, race, among_calls, finished_before, limit_s] {
    if (among_calls && compute.finished() > finished_before)
      race->end({});
    else
      race->end(fail(ErrorCode::Unavailable,
                     "the health check did not end within " + std::to_string(std::lround(limit_s)) + " s"));
  });
  co_await CheckEnd{race};
  loop.cancel(timer);
  scope.cancel(id);
  co_return std::move(*race->result);
}

Task<void> ReplicaHost::Impl::end(std::move_only_function<void()> done) {
  if (servable && has_started) {
    in_on_stop = true;
    const auto stopped = co_await guarded(servable->on_stop());
    in_on_stop = false;
    if (!stopped) logger.warn("on_stop() failed", {{"replica", options.id}, {"message", stopped.error().message}});
  }
  auto destroying = destroy(std::move(done));
  co_await destroying;
}

Task<void> ReplicaHost::Impl::destroy(std::move_only_function<void()> done) {
  auto object = std::make_shared<std::shared_ptr<Servable>>(std::move(servable));
  co_await run_on(compute, loop, [object] { object->reset(); });
  object->reset();
  enter(Phase::Gone);
  done();
}

ReplicaHost::ReplicaHost(Loop& loop, Compute& compute, Logger& logger, const ReplicaOptions& options, MakeServable make)
    : impl_(std::make_unique<Impl>(loop, compute, logger, options, std::move(make))) {}

ReplicaHost::~ReplicaHost() { impl_->loop.cancel(impl_->start_timer); }

void ReplicaHost::start() {
  Impl& impl = *impl_;
  const double limit_s = impl.options.config.initialization_timeout_s;
  if (limit_s > 0)
    impl.start_timer = impl.loop.after(seconds(limit_s), [&impl, limit_s] {
      impl.start_failed("starting", {.message = "not ready after " + std::to_string(std::lround(limit_s)) + " s"});
    });
  const detail::ScopedRequest nobody(impl.options.nobody);
  impl.starting = impl.scope.spawn(impl.start_up());
}

ReplicaHost::Phase ReplicaHost::phase() const { return impl_->phase; }
const std::string& ReplicaHost::message() const { return impl_->message; }
bool ReplicaHost::is_final() const { return impl_->is_final; }
void ReplicaHost::on_phase(std::function<void(Phase)> callback) { impl_->on_phase = std::move(callback); }

const std::shared_ptr<Servable>& ReplicaHost::servable() const {
  static const std::shared_ptr<Servable> none;
  return impl_->phase == Phase::Running || impl_->phase == Phase::Stopping ? impl_->servable : none;
}

Task<Result<void>> ReplicaHost::check_health() {
  if (phase() != Phase::Running)
    co_return fail(ErrorCode::Unavailable, impl_->message.empty() ? "the replica is not running" : impl_->message);
  co_return co_await impl_->check();
}

Task<Result<void>> ReplicaHost::reconfigure(std::string user_config) {
  if (phase() != Phase::Running) co_return fail(ErrorCode::Unavailable, "the replica is not running");
  co_return co_await on_compute<void>(
      impl_->compute, impl_->loop,
      [object = impl_->servable, config = std::move(user_config)] { return object->reconfigure(config); });
}

void ReplicaHost::begin_stop() {
  if (phase() == Phase::Starting || phase() == Phase::Running) impl_->enter(Phase::Stopping);
  if (impl_->servable) impl_->servable->begin_stop();
}

void ReplicaHost::stop(std::move_only_function<void()> done) {
  impl_->loop.cancel(impl_->start_timer);
  impl_->scope.cancel(impl_->starting);
  const detail::ScopedRequest nobody(impl_->options.nobody);
  impl_->scope.spawn(impl_->end(std::move(done)));
}

bool ReplicaHost::in_on_stop() const { return impl_->in_on_stop; }

}  // namespace manta::replica
