#include "control/metrics_health.h"

#include <gtest/gtest.h>

namespace manta::control {
namespace {

TEST(MetricsHealthTest, NamesTheReplicasWhoseReportsAreStale) {
  struct Row {
    std::vector<ReplicaReport> running;
    const char* health;
    std::vector<std::string> errors;
  };
  const ReplicaReport well{.id = "a", .age_s = 100};
  const ReplicaReport sick{.id = "b", .failed_checks = 2, .age_s = 41};
  const ReplicaReport silent{.id = "c", .heard = false};
  const std::string of_sick = "replica b: 2 health checks failed in a row, its last report is 41 s old";
  for (const Row& row : {Row{{}, "healthy", {}},
                         {{well}, "healthy", {}},
                         {{well, sick}, "delayed", {of_sick}},
                         {{sick}, "unavailable", {of_sick}},
                         {{silent, well}, "delayed", {"replica c: has not told its load yet"}}}) {
    AutoscalingDetail detail;
    set_metrics_health(detail, row.running);
    EXPECT_EQ(detail.metrics_health, row.health);
    EXPECT_EQ(detail.errors, row.errors);
  }
}

}  // namespace
}  // namespace manta::control
