#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "ingress/hosted_deployment.h"

namespace manta::cli {

// A deployment of a builtin: application in the process of a proxy: the object of a replica, on the proxy's loop, with
// the proxy's figures, and without a socket, a subscription and reports of its own. `environment` is that of the
// process.
std::unique_ptr<ingress::HostedDeployment> host_in_proxy(const ingress::HostingPlace& place,
                                                         const spec::ReplicaSet& set, std::function<void()> on_change,
                                                         std::map<std::string, std::string> environment);

}  // namespace manta::cli
