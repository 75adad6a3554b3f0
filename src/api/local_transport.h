#pragma once

#include <memory>
#include <string>

#include "api/local_replica.h"
#include "api/transport.h"

namespace manta::api {

// Sends `call` to `callee` and waits on `caller`'s strand for the reply. Destroying the task cancels the call.
Task<Result<replica::Reply>> call_local(std::shared_ptr<Strand> caller, LocalReplica& callee,
                                        std::shared_ptr<LocalCall> call);

// Carries calls from one strand of this process to a LocalReplica, which outlives it.
class LocalTransport final : public Transport {
 public:
  LocalTransport(std::shared_ptr<Strand> caller, LocalReplica& callee) : caller_(std::move(caller)), callee_(callee) {}

  Task<Result<detail::CallResult>> call(TransportCall call) override;
  Task<Result<std::unique_ptr<ItemSource>>> open(TransportCall call) override;

 private:
  std::shared_ptr<Strand> caller_;
  LocalReplica& callee_;
};

}  // namespace manta::api
