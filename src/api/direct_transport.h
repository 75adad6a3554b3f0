#pragma once

#include <memory>
#include <string>

#include "api/local_feed.h"
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
  // A stream that the call takes is fed while it lasts.
  Task<Result<detail::CallResult>> send(replica::DirectCall direct, routing::RequestInfo info,
                                        std::unique_ptr<LocalFeed> feed);
  Task<std::optional<Error>> place(routing::RequestInfo* info, routing::Lease* lease);  // both outlive the task
  routing::Dispatcher& dispatcher(const TransportCall& call);

  std::shared_ptr<Strand> caller_;
  routing::Dispatchers& dispatchers_;
  const std::shared_ptr<Neighbour> callee_;
  routing::Dispatcher* to_ = nullptr;  // from the first call on
};

}  // namespace manta::api
