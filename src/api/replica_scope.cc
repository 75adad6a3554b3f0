#include "api/replica_scope.h"

#include <utility>

#include <manta/client.h>
#include <manta/detail/replica_environment.h>
#include <manta/handle.h>

namespace manta {
namespace api {
namespace {

const ReplicaScope*& slot() {
  thread_local const ReplicaScope* replica = nullptr;
  return replica;
}

}  // namespace

const ReplicaScope* current_replica() {
  const auto& request = detail::current_request();
  return request && request->replica ? request->replica : slot();
}

ScopedReplica::ScopedReplica(const ReplicaScope* replica) : previous_(std::exchange(slot(), replica)) {}

ScopedReplica::~ScopedReplica() { slot() = previous_; }

void enter_replica(const ReplicaScope* replica) { slot() = replica; }

void refuse_to_block(std::string_view what) {
  const ReplicaScope* replica = current_replica();
  if (!replica || !replica->strand->on_thread()) return;
  throw Exception({ErrorCode::InvalidArgument,
                   std::string(what) + " would block the strand of '" + replica->context.deployment +
                       "' for ever: use co_await in a coroutine method, or make the class's methods plain"});
}

}  // namespace api

const ReplicaContext& replica_context() {
  if (const api::ReplicaScope* replica = api::current_replica()) return replica->context;
  throw Exception({ErrorCode::InvalidArgument,
                   "replica_context() is known only in a replica: in the constructor and methods of a deployment"});
}

std::optional<std::string> detail::replica_environment(std::string_view name) {
  const api::ReplicaScope* replica = api::current_replica();
  if (!replica) return std::nullopt;
  for (const auto* variables : {&replica->context.config.env_vars, &replica->environment}) {
    const auto found = variables->find(std::string(name));
    if (found != variables->end() && !found->second.empty()) return found->second;
  }
  return std::nullopt;
}

const RequestContext& request_context() {
  static const RequestContext none;
  const auto& request = detail::current_request();
  return request ? *request : none;
}

DynamicHandle get_deployment_handle(std::string_view deployment, std::string_view application) {
  const api::ReplicaScope* replica = api::current_replica();
  if (!replica) return get_deployment_handle(deployment, application, ClientOptions{});
  return DynamicHandle(replica->caller(std::string(application), std::string(deployment)));
}

}  // namespace manta
