#pragma once

#include <memory>
#include <string>

#include "api/neighbours.h"
#include "api/transport.h"
#include "routing/dispatchers.h"

namespace manta::api {

// Carries calls to the replica of a deployment in this process: through the router of the deployment and the admission
// of the replica as any other, but without a socket and, where both sides have the same types, without encoding.
// Strand-confined; the rest outlives it.
class DirectTransport final : public Transport {
 public:
  DirectTransport(std::shared_ptr<Strand> caller, routing::Dispatchers& dispatchers, std::shared_ptr<Neighbour> callee)
      : caller_(std::move(caller)), dispatchers_(dispatchers), callee_(std::move(callee)) {}

  Task<Result<detail::CallResult>> call(TransportCall call) override;
  Task<Result<std::unique_ptr<ItemSource>>> open(TransportCall call) override;
  bool is_direct() const override { return true; }

 private:
  Task<Result<routing::Lease>> place(routing::RequestInfo& info);
  routing::Dispatcher& dispatcher() { return dispatchers_.at(callee_->set.application, callee_->set.deployment); }
  std::shared_ptr<replica::DirectCall> direct_call(TransportCall& call, const routing::RequestInfo& info) const;

  std::shared_ptr<Strand> caller_;
  routing::Dispatchers& dispatchers_;
  const std::shared_ptr<Neighbour> callee_;
};

}  // namespace manta::api
