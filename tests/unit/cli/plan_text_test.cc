#include "cli/plan_text.h"

#include <gtest/gtest.h>

namespace manta::cli {
namespace {

control::DeployPlan plan() {
  return {.summary = "1 added, 1 in place, 1 restart, 1 removed",
          .applications = {
              {.name = "rag",
               .change = "restart",
               .changes = {{.field = "route_prefix", .before = "\"/\"", .after = "\"/rag\"", .update_class = "light"}},
               .deployments =
                   {{.name = "Embed",
                     .change = "restart",
                     .changes = {{.field = "code", .before = "", .after = "", .update_class = "restart"}},
                     .replicas_before = 2,
                     .replicas_after = 2,
                     .waves = {1, 1},
                     .replacement = "start first"},
                    {.name = "LLM",
                     .change = "light",
                     .changes = {{.field = "num_replicas", .before = "1", .after = "3", .update_class = "light"}},
                     .replicas_before = 1,
                     .replicas_after = 3},
                    {.name = "Same", .change = "unchanged", .replicas_before = 1, .replicas_after = 1}}},
              {.name = "new",
               .change = "added",
               .deployments = {{.name = "Echo", .change = "added", .replicas_before = 0, .replicas_after = 1}}},
              {.name = "old", .change = "removed", .deployments = {}}}};
}

TEST(PlanTextTest, SaysWhatBecomesOfEachDeploymentAndWhy) {
  EXPECT_EQ(plan_text(plan()), R"(Plan: 1 added, 1 in place, 1 restart, 1 removed

~ rag: restart
      route_prefix: "/" -> "/rag"
  ~ Embed  restart      2 replicas in waves of 1, 1; new ones start first
      code
  ~ LLM    light        1 -> 3 replicas; none is touched
      num_replicas: 1 -> 3
    Same   unchanged    1 replica

+ new: added
  + Echo  added        1 replica

- old: removed
)");
}

TEST(PlanTextTest, ADifferenceShowsFieldsOnly) {
  EXPECT_EQ(diff_text(plan()), R"(rag
- route_prefix: "/"
+ route_prefix: "/rag"
rag/Embed
~ code
rag/LLM
- num_replicas: 1
+ num_replicas: 3
+ application new
+ deployment new/Echo
- application old
)");
  EXPECT_EQ(diff_text({.summary = "nothing", .applications = {}}), "");
}

TEST(HistoryTextTest, MarksTheRevisionInForce) {
  const std::string text =
      history_text({{.revision = 4,
                     .time_s = 0,
                     .cause = "automatic rollback of rag",
                     .by = "",
                     .note = "Embed: constructor failed",
                     .applications = {{"rag", "x.so:build"}},
                     .current = true},
                    {.revision = 3, .time_s = 0, .cause = "deploy", .by = "ann", .applications = {}}});
  EXPECT_NE(text.find("*        4  19"), std::string::npos) << text;
  EXPECT_NE(text.find("automatic rollback of rag: rag\n"), std::string::npos) << text;
  EXPECT_NE(text.find(" Embed: constructor failed\n"), std::string::npos) << text;
  EXPECT_NE(text.find("deploy (by ann)\n"), std::string::npos) << text;
}

}  // namespace
}  // namespace manta::cli
