#include <manta/detail/replica_counter.h>

#include "api/replica_scope.h"

namespace manta::detail {

ReplicaCounter::ReplicaCounter(std::string_view name, std::string_view help,
                               std::map<std::string, std::string> labels) {
  const api::ReplicaScope* replica = api::current_replica();
  if (!replica) return;
  labels.insert_or_assign("application", replica->context.application);
  labels.insert_or_assign("deployment", replica->context.deployment);
  labels.insert_or_assign("replica", replica->context.replica);
  add_ = [counter = replica->metrics.counter(name, help, labels)](double by) mutable { counter.add(by); };
}

}  // namespace manta::detail
