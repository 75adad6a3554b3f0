#include "cli/cluster/readiness.h"

#include <gtest/gtest.h>

#include <manta/detail/json.h>

#include "control/node_report.h"

namespace manta::cli {
namespace {

using std::chrono::seconds;

constexpr TimePoint kBegun{};

std::string nodes(const std::vector<std::string>& proxies) {
  control::NodesReport report;
  for (std::size_t i = 0; i < proxies.size(); ++i)
    report.nodes.push_back({.node_id = "n" + std::to_string(i), .is_head = i == 0, .proxy = proxies[i]});
  return *detail::to_json(report);
}

std::string status(const std::string& application = "") {
  spec::InstanceStatus status;
  if (!application.empty()) status.applications["rag"].status = application;
  return *detail::to_json(status);
}

bool ready(const std::string& location, const std::string& nodes, const std::string& status, int after_s = 1) {
  ClusterReadiness readiness(location, kBegun);
  readiness.take(nodes, status, kBegun + seconds(after_s));
  return readiness.is_ready();
}

TEST(ClusterReadinessTest, EveryNodeNeedsAHealthyProxy) {
  EXPECT_TRUE(ready("EveryNode", nodes({"HEALTHY", "HEALTHY"}), status()));
  EXPECT_FALSE(ready("EveryNode", nodes({"HEALTHY", "STARTING"}), status()));
  EXPECT_FALSE(ready("EveryNode", nodes({"HEALTHY", ""}), status()));
}

TEST(ClusterReadinessTest, OnlyProxiesThatAreWantedCount) {
  EXPECT_TRUE(ready("HeadOnly", nodes({"HEALTHY", ""}), status()));
  EXPECT_TRUE(ready("Disabled", nodes({"", ""}), status()));
}

TEST(ClusterReadinessTest, ANodeThatLeavesNeedsNone) {
  control::NodesReport report;
  report.nodes = {{.node_id = "a", .is_head = true, .proxy = "HEALTHY"}, {.node_id = "b", .state = "LEAVING"}};
  EXPECT_TRUE(ready("EveryNode", *detail::to_json(report), status()));
}

TEST(ClusterReadinessTest, WithoutNodesNothingIsKnown) { EXPECT_FALSE(ready("Disabled", nodes({}), status())); }

TEST(ClusterReadinessTest, ApplicationsThatAreDeployedMustRun) {
  EXPECT_FALSE(ready("EveryNode", nodes({"HEALTHY"}), status("DEPLOYING")));
  EXPECT_TRUE(ready("EveryNode", nodes({"HEALTHY"}), status("RUNNING")));
}

TEST(ClusterReadinessTest, AfterAWhileOneHealthyProxyIsEnoughAndTheOthersAreToldOf) {
  ClusterReadiness readiness("EveryNode", kBegun);
  EXPECT_TRUE(readiness.take(nodes({"HEALTHY", "UNHEALTHY"}), status(), kBegun + seconds(29)).empty());
  const auto lines = readiness.take(nodes({"HEALTHY", "UNHEALTHY"}), status(), kBegun + seconds(31));
  EXPECT_TRUE(readiness.is_ready());
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_NE(lines[0].find("node n1"), std::string::npos);
  EXPECT_FALSE(ready("EveryNode", nodes({"UNHEALTHY", "UNHEALTHY"}), status(), 100));
}

TEST(ClusterReadinessTest, AnAnswerThatCannotBeReadChangesNothing) { EXPECT_FALSE(ready("Disabled", "x", "y")); }

}  // namespace
}  // namespace manta::cli
