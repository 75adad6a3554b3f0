// The functions of a user's object that are not methods: hooks, and those that record statistics.
#include <exception>
#include <functional>
#include <memory>
#include <utility>

#include "api/deployment_servable.h"
#include "replica/compute.h"
#include "replica/error_response.h"

namespace manta::api {
namespace {

// Runs `function` on a thread of `compute` as code of the replica.
template <class R>
Task<Result<R>> run_function(replica::Compute& compute, const ReplicaScope& scope, std::function<R()> function) {
  auto result = std::make_shared<Result<R>>();
  replica::Compute::Job job = [result, &scope, function = std::move(function)]() mutable {
    const ScopedReplica inside(&scope);
    try {
      if constexpr (std::is_void_v<R>)
        function();
      else
        *result = function();
    } catch (...) {
      *result = std::unexpected(replica::error_of(std::current_exception()));
    }
    function = nullptr;
  };
  auto running = replica::run_on(compute, scope.strand->loop(), std::move(job));
  const Result<void> ran = co_await running;
  if (!ran) co_return std::unexpected(ran.error());
  co_return std::move(*result);
}

}  // namespace

// A coroutine on the strand; a plain function on a compute thread, with the object that it may outlive otherwise.
Task<Result<void>> DeploymentServable::run_member(detail::OptionalMember<void> member) {
  if (!member) co_return Result<void>();
  if (member.start) {
    auto running = member.start(object_.get());
    co_await running;
    co_return Result<void>();
  }
  std::function<void()> function = [run = std::move(member.run), object = object_] { run(object.get()); };
  auto running = run_function<void>(scope_.compute, scope_, std::move(function));
  co_return co_await running;
}

const detail::OptionalMember<detail::Stats>& DeploymentServable::recorder(replica::StatsKind kind) const {
  const detail::ClassTable& table = *node_->table;
  return kind == replica::StatsKind::Autoscaling ? table.record_autoscaling_stats : table.record_routing_stats;
}

Task<Result<detail::Stats>> DeploymentServable::record_stats(replica::StatsKind kind) {
  const detail::OptionalMember<detail::Stats>& member = recorder(kind);
  if (member.start) {
    auto running = member.start(object_.get());
    co_return co_await running;
  }
  const auto busy = recording_[static_cast<std::size_t>(kind)];
  if (busy->exchange(true)) co_return fail(ErrorCode::Unavailable, "the call before it has not returned yet");
  const std::shared_ptr<void> leave(nullptr, [busy](void*) { busy->store(false); });
  std::function<detail::Stats()> function = [run = member.run, object = object_, leave] { return run(object.get()); };
  auto running =
      run_function<detail::Stats>(scope_.aside ? *scope_.aside : scope_.compute, scope_, std::move(function));
  co_return co_await running;
}

}  // namespace manta::api
