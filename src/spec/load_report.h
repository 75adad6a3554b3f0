#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <boost/describe/class.hpp>

namespace manta::spec {

// Where the controller takes LoadReports: POST, JSON, on its own socket and on the admin port.
inline constexpr std::string_view kLoadPath = "/-/load";

struct QueuedRequests {
  std::string application, deployment;
  std::int64_t queued = 0;  // waiting in this process for a place on a replica
  bool operator==(const QueuedRequests&) const = default;
};
BOOST_DESCRIBE_STRUCT(QueuedRequests, (), (application, deployment, queued))

// How many requests wait in one calling process: sent soon after a change, and again within load_report_interval_s
// while any wait. What it does not name is as it was. It counts until the connection that brought it ends.
struct LoadReport {
  double sent_at_s = 0;  // Unix time
  std::vector<QueuedRequests> deployments;
  bool operator==(const LoadReport&) const = default;
};
BOOST_DESCRIBE_STRUCT(LoadReport, (), (sent_at_s, deployments))

}  // namespace manta::spec
