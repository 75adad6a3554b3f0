#include "api/handle_callers.h"

#include "api/remote_transport.h"

namespace manta::api {

std::shared_ptr<detail::Caller> HandleCallers::of(const std::string& application, const std::string& deployment) {
  const std::lock_guard lock(mutex_);
  auto& caller = callers_[{application, deployment}];
  if (!caller) {
    auto transport = std::make_shared<RemoteTransport>(dispatchers_, application, deployment);
    caller = std::make_shared<StrandCaller>(strand_, std::move(transport),
                                            CallPath{from_application_, from_deployment_, application, deployment});
  }
  return caller;
}

}  // namespace manta::api
