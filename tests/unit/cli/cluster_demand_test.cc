#include "cli/cluster/demand.h"

#include <gtest/gtest.h>

namespace manta::cli {
namespace {

using Bundles = std::vector<control::Amounts>;

control::NodesReport report_with(std::vector<control::PendingReport> pending) {
  control::NodeReport node{.node_id = "a"};
  node.replicas.push_back({.replica_id = "r1", .holds = {{"CPU", 2}}});
  node.replicas.push_back({.replica_id = "r2", .holds = {{"CPU", 1}, {"GPU", 1}}});
  return {.nodes = {node}, .pending = std::move(pending)};
}

TEST(ClusterDemandTest, NothingIsWantedOfAClusterThatIsLargeEnough) {
  EXPECT_EQ(wanted_bundles(report_with({})), Bundles{});
}

TEST(ClusterDemandTest, WhatRunsIsWantedBesideWhatIsPending) {
  const Bundles wanted = wanted_bundles(
      report_with({{.application = "x", .deployment = "D", .replicas = 2, .bundles = {{{"GPU", 4}}, {{"CPU", 8}}}}}));
  EXPECT_EQ(wanted,
            (Bundles{{{"CPU", 1}, {"GPU", 1}}, {{"CPU", 2}}, {{"CPU", 8}}, {{"CPU", 8}}, {{"GPU", 4}}, {{"GPU", 4}}}));
}

TEST(ClusterDemandTest, WhatRunsOnANodeThatLeavesIsNotWantedTwice) {
  control::NodesReport report = report_with({{.replicas = 1, .bundles = {{{"CPU", 2}}}}});
  report.nodes[0].state = "LEAVING";
  EXPECT_EQ(wanted_bundles(report), (Bundles{{{"CPU", 2}}}));
}

TEST(ClusterDemandTest, TheOrderOfReplicasMakesNoOtherDemand) {
  control::NodesReport one = report_with({{.replicas = 1, .bundles = {{{"CPU", 3}}}}}), other = one;
  std::swap(other.nodes[0].replicas[0], other.nodes[0].replicas[1]);
  EXPECT_EQ(wanted_bundles(one), wanted_bundles(other));
}

}  // namespace
}  // namespace manta::cli
