#include "ingress/metric_aliases.h"

#include <gtest/gtest.h>

namespace manta::ingress {
namespace {

TEST(MetricAliasesTest, CountersAreFoundUnderBothSpellings) {
  const std::string text =
      "# HELP ray_serve_deployment_replica_starts Starts\n"
      "# TYPE ray_serve_deployment_replica_starts counter\n"
      "ray_serve_deployment_replica_starts{deployment=\"D\"} 3\n";
  EXPECT_EQ(with_aliases(text), text +
                                    "# HELP ray_serve_deployment_replica_starts_total Starts\n"
                                    "# TYPE ray_serve_deployment_replica_starts_total counter\n"
                                    "ray_serve_deployment_replica_starts_total{deployment=\"D\"} 3\n");
}

TEST(MetricAliasesTest, OlderNamesOfAFamilyKeepItsSuffixes) {
  const std::string text =
      "# HELP ray_serve_other x\n# TYPE ray_serve_other gauge\nray_serve_other 1\n"
      "# HELP ray_serve_deployment_processing_latency_ms x\n"
      "# TYPE ray_serve_deployment_processing_latency_ms histogram\n"
      "ray_serve_deployment_processing_latency_ms_bucket{le=\"1\"} 2\n"
      "ray_serve_deployment_processing_latency_ms_sum 4\n";
  EXPECT_EQ(with_aliases(text), text +
                                    "# HELP ray_serve_request_latency_ms x\n"
                                    "# TYPE ray_serve_request_latency_ms histogram\n"
                                    "ray_serve_request_latency_ms_bucket{le=\"1\"} 2\n"
                                    "ray_serve_request_latency_ms_sum 4\n");
}

TEST(MetricAliasesTest, ATextWithoutAFinalLineBreakOrWithoutFamiliesIsKept) {
  EXPECT_EQ(with_aliases(""), "");
  EXPECT_EQ(with_aliases("# HELP ray_serve_x y"), "# HELP ray_serve_x y");
}

}  // namespace
}  // namespace manta::ingress
