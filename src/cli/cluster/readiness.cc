#include "cli/cluster/readiness.h"

#include <algorithm>
#include <chrono>

#include <fmt/format.h>

#include <manta/detail/json.h>

#include "cli/progress.h"
#include "control/node_report.h"

namespace manta::cli {
namespace {

constexpr auto kProxyPatience = std::chrono::seconds(30);

// Of the nodes that are to have a proxy.
struct Proxies {
  std::vector<std::string> missing;  // node ids
  int healthy = 0;
};

Proxies proxies_of(const control::NodesReport& report, const std::string& location) {
  Proxies proxies;
  for (const control::NodeReport& node : report.nodes) {
    if (location == "Disabled" || node.state == "LOST" || node.state == "LEAVING" ||
        (location == "HeadOnly" && !node.is_head))
      continue;
    if (node.proxy == "HEALTHY")
      ++proxies.healthy;
    else
      proxies.missing.push_back(node.node_id);
  }
  return proxies;
}

}  // namespace

std::vector<std::string> ClusterReadiness::take(const std::string& nodes, const std::string& status, TimePoint now) {
  std::vector<std::string> lines;
  const auto report = detail::from_json<control::NodesReport>(nodes, UnknownKeys::Ignore);
  const auto present = detail::from_json<spec::InstanceStatus>(status, UnknownKeys::Ignore);
  if (!report || !present) return lines;
  lines = progress_lines(last_, *present, std::chrono::duration<double>(now - begun_).count());
  last_ = *present;
  if (report->nodes.empty() || !(present->applications.empty() || all_running(*present))) return lines;
  const Proxies proxies = proxies_of(*report, proxy_location_);
  if (proxies.missing.empty()) {
    ready_ = true;
  } else if (proxies.healthy > 0 && now - begun_ > kProxyPatience) {
    ready_ = true;
    for (const std::string& node : proxies.missing)
      lines.push_back(fmt::format("warning: node {} has no healthy proxy; `manta logs controller` says why", node));
  }
  return lines;
}

}  // namespace manta::cli
