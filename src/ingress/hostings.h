#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>

#include "base/loop.h"
#include "ingress/hosted_deployment.h"
#include "ingress/hosting.h"
#include "ingress/retired_hosts.h"

namespace manta::ingress {

// The deployments that a proxy runs itself, by the last snapshot. One per loop; loop-confined.
class Hostings {
 public:
  Hostings(Loop& loop, StartHosted start) : loop_(loop), start_(std::move(start)), retired_(loop) {}

  void update(const std::shared_ptr<const spec::RoutingSnapshot>& snapshot);
  // Null: it has replicas. Valid until the next update().
  Hosting* find(const std::string& application, const std::string& deployment) const;

 private:
  Loop& loop_;
  const StartHosted start_;
  RetiredHosts retired_;
  std::map<std::pair<std::string, std::string>, std::unique_ptr<Hosting>> hostings_;  // application, deployment
};

}  // namespace manta::ingress
