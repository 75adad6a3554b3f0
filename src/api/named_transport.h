#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "api/deployment_names.h"
#include "api/transport.h"

namespace manta::api {

// A Transport to a deployment that is looked up by its name at each call: it may be deployed, deleted or moved to
// another application meanwhile. See application_of() for what the names mean and how it fails.
class NamedTransport final : public Transport {
 public:
  using Find = std::function<std::shared_ptr<Transport>(const std::string& application, const std::string& deployment)>;

  // `application` may be empty.
  NamedTransport(DeploymentNames& names, Find to, std::string own_application, std::string application,
                 std::string deployment)
      : names_(names),
        to_(std::move(to)),
        own_application_(std::move(own_application)),
        application_(std::move(application)),
        deployment_(std::move(deployment)) {}

  Task<Result<detail::CallResult>> call(TransportCall call) override;
  Task<Result<std::unique_ptr<ItemSource>>> open(TransportCall call) override;

 private:
  Task<Result<std::string>> find(TimePoint deadline);  // the application

  DeploymentNames& names_;
  const Find to_;
  const std::string own_application_, application_, deployment_;
};

}  // namespace manta::api
