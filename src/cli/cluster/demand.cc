#include "cli/cluster/demand.h"

#include <algorithm>
#include <chrono>
#include <utility>

namespace manta::cli {
namespace {

constexpr Duration kDemandEvery = std::chrono::seconds(2);

}  // namespace

std::vector<control::Amounts> wanted_bundles(const control::NodesReport& report) {
  std::vector<control::Amounts> bundles;
  if (report.pending.empty()) return bundles;
  for (const control::NodeReport& node : report.nodes) {
    if (node.state == "LEAVING") continue;  // what replaces its replicas is pending, or runs elsewhere
    for (const control::NodeReplica& replica : node.replicas)
      if (!replica.holds.empty()) bundles.push_back(replica.holds);
  }
  for (const control::PendingReport& pending : report.pending)
    for (int i = 0; i < pending.replicas; ++i)
      bundles.insert(bundles.end(), pending.bundles.begin(), pending.bundles.end());
  std::ranges::sort(bundles);
  return bundles;
}

ClusterDemand::ClusterDemand(Loop& loop, Logger& logger, runtime::RayBackend& backend,
                             const control::Controller& controller)
    : loop_(loop), logger_(logger), backend_(backend), controller_(controller), tasks_(loop) {}

ClusterDemand::~ClusterDemand() { loop_.cancel(next_); }

void ClusterDemand::begin() {
  next_ = loop_.after(kDemandEvery, [this] { tasks_.spawn(look()); });
}

// The report looks at every replica: made only while something is pending.
std::vector<control::Amounts> ClusterDemand::wanted() const {
  const bool is_pending = std::ranges::any_of(controller_.applications(), [](const auto& application) {
    return std::ranges::any_of(application.second.deployments,
                               [](const auto& deployment) { return deployment.second.pending_replicas > 0; });
  });
  return is_pending ? wanted_bundles(control::nodes_report(controller_)) : std::vector<control::Amounts>();
}

Task<void> ClusterDemand::look() {
  if (controller_.adopted()) {
    std::vector<control::Amounts> bundles = wanted();
    if (!told_ || *told_ != bundles) co_await tell(std::move(bundles));
  }
  begin();
}

Task<void> ClusterDemand::tell(std::vector<control::Amounts> bundles) {
  const auto told = co_await backend_.demand(bundles);
  if (!told) co_return logger_.warn("the autoscaler is not told", {{"error", told.error().message}});
  logger_.info("wanted of the cluster", {{"bundles", bundles.size()}});
  told_ = std::move(bundles);
}

Task<void> ClusterDemand::end() {
  loop_.cancel(next_);
  tasks_.cancel_all();
  if (!told_ || !told_->empty()) co_await tell({});
}

}  // namespace manta::cli
