#pragma once

#include <string>
#include <utility>

#include "api/deployment_names.h"
#include "api/transport.h"
#include "routing/dispatchers.h"

namespace manta::api {

// A Transport to a deployment that is looked up by its name at each call: it may be deployed, deleted or moved to
// another application meanwhile. See application_of() for what the names mean and how it fails.
class NamedTransport final : public Transport {
 public:
  // `application` may be empty.
  NamedTransport(DeploymentNames& names, routing::Dispatchers& dispatchers, std::string own_application,
                 std::string application, std::string deployment)
      : names_(names),
        dispatchers_(dispatchers),
        own_application_(std::move(own_application)),
        application_(std::move(application)),
        deployment_(std::move(deployment)) {}

  Task<Result<std::string>> call(TransportCall call) override;
  Task<Result<std::unique_ptr<ItemSource>>> open(TransportCall call) override;

 private:
  Task<Result<std::string>> find(TimePoint deadline);  // the application

  DeploymentNames& names_;
  routing::Dispatchers& dispatchers_;
  const std::string own_application_, application_, deployment_;
};

}  // namespace manta::api
