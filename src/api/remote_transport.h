#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "api/transport.h"
#include "routing/dispatchers.h"

namespace manta::api {

// Calls a deployment through its dispatcher: over HTTP/2 to one of its replicas. Strand-confined; the Dispatchers
// outlive it.
class RemoteTransport final : public Transport {
 public:
  // Finds the deployment at each call: it may appear later. A call of one that no snapshot names is NotFound.
  RemoteTransport(routing::Dispatchers& dispatchers, std::string application, std::string deployment)
      : dispatchers_(dispatchers), application_(std::move(application)), deployment_(std::move(deployment)) {}

  Task<Result<detail::CallResult>> call(TransportCall call) override;
  Task<Result<std::unique_ptr<ItemSource>>> open(TransportCall call) override;

 private:
  // Is told how long the arguments took; null: unknown.
  std::shared_ptr<routing::Dispatcher> dispatcher(const TransportCall& call);
  Error unknown() const;

  routing::Dispatchers& dispatchers_;
  std::string application_, deployment_;
  std::shared_ptr<routing::Dispatcher> found_;
  std::uint64_t found_at_ = 0;  // version of the dispatchers
};

}  // namespace manta::api
