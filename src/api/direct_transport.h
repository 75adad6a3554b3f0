#pragma once

#include <memory>
#include <optional>

#include "api/local_feed.h"
#include "api/neighbours.h"
#include "api/transport.h"
#include "routing/dispatchers.h"
#include "routing/lease.h"

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
  // A callee that has a place and does not suspend has answered when this returns, without a coroutine on this side.
  Task<Result<detail::CallResult>> start(TransportCall&& call, AtOnce& result) override;
  bool is_direct() const override { return true; }

 private:
  struct Flight;
  struct Ending;
  void send(Flight& flight, routing::Lease&& lease, TimePoint now);
  Task<Result<detail::CallResult>> carry_on(std::unique_ptr<Flight> flight);
  // Sets the lease to a free place, after waiting for it if need be; both outlive the task.
  Task<std::optional<Error>> place(routing::RequestInfo* info, routing::Lease* lease);
  routing::Dispatcher& dispatcher(const TransportCall& call);

  std::shared_ptr<Strand> caller_;
  routing::Dispatchers& dispatchers_;
  const std::shared_ptr<Neighbour> callee_;
  std::shared_ptr<routing::Dispatcher> to_;  // from the first call on
};

}  // namespace manta::api
