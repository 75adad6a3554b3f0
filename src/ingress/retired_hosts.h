#pragma once

#include <list>
#include <memory>

#include "base/loop.h"
#include "ingress/hosted_deployment.h"

namespace manta::ingress {

// Deployments in the proxy that have been replaced or removed, until their last requests have ended. Loop-confined.
class RetiredHosts {
 public:
  explicit RetiredHosts(Loop& loop) : loop_(loop) {}

  void add(std::unique_ptr<HostedDeployment> host);  // null: nothing
  void update(const std::shared_ptr<const spec::RoutingSnapshot>& snapshot);
  std::size_t size() const { return hosts_.size(); }

 private:
  Loop& loop_;
  std::list<std::unique_ptr<HostedDeployment>> hosts_;
  std::shared_ptr<const void> alive_ = std::make_shared<char>();
};

}  // namespace manta::ingress
