#include "api/handle_callers.h"

#include "api/direct_transport.h"
#include "api/named_transport.h"
#include "api/remote_transport.h"

namespace manta::api {

std::shared_ptr<Transport> HandleCallers::transport_to(const std::string& application, const std::string& deployment) {
  if (auto neighbour = neighbours_ ? neighbours_->find(application, deployment) : nullptr)
    return std::make_shared<DirectTransport>(strand_, dispatchers_, std::move(neighbour));
  return std::make_shared<RemoteTransport>(dispatchers_, application, deployment);
}

std::shared_ptr<detail::Caller> HandleCallers::of(const std::string& application, const std::string& deployment) {
  const std::lock_guard lock(mutex_);
  auto& caller = callers_[{application, deployment}];
  if (!caller) {
    caller = std::make_shared<StrandCaller>(
        strand_, transport_to(application, deployment),
        CallPath{owner_.application, owner_.deployment, application, deployment, owner_.request_timeout_s});
  }
  return caller;
}

// Without an application the own one comes first: a name like the own deployment's is the own deployment.
std::shared_ptr<detail::Caller> HandleCallers::named(const std::string& application, const std::string& deployment) {
  const std::lock_guard lock(mutex_);
  auto& caller = named_[{application, deployment}];
  if (!caller) {
    auto find = [this](const std::string& of, const std::string& name) { return transport_to(of, name); };
    auto transport =
        std::make_shared<NamedTransport>(names_, std::move(find), owner_.application, application, deployment);
    caller = std::make_shared<StrandCaller>(
        strand_, std::move(transport),
        CallPath{owner_.application, owner_.deployment, application.empty() ? owner_.application : application,
                 deployment, owner_.request_timeout_s});
  }
  return caller;
}

}  // namespace manta::api
