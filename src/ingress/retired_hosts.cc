#include "ingress/retired_hosts.h"

#include <utility>

namespace manta::ingress {

void RetiredHosts::add(std::unique_ptr<HostedDeployment> host) {
  if (!host) return;
  HostedDeployment* const leaving = hosts_.emplace_back(std::move(host)).get();
  leaving->drain([this, alive = std::weak_ptr(alive_), &loop = loop_, leaving] {
    loop.post([this, alive, leaving] {  // not from inside a callback of it
      if (alive.lock()) hosts_.remove_if([&](const auto& kept) { return kept.get() == leaving; });
    });
  });
}

void RetiredHosts::update(const std::shared_ptr<const spec::RoutingSnapshot>& snapshot) {
  for (const auto& host : hosts_) host->update(snapshot);
}

}  // namespace manta::ingress
