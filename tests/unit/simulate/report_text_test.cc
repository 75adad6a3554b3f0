#include "simulate/report_text.h"

#include <gtest/gtest.h>

namespace manta::simulate {
namespace {

TEST(ReportTextTest, ShowsRowsTotalsAndBrokenInvariants) {
  const Report report{.timeline = {{.time_s = 3661,
                                    .application = "app",
                                    .deployment = "Embed",
                                    .wanted = 4,
                                    .running = 3,
                                    .queued = 12,
                                    .requests_per_s = 49.96,
                                    .failed = 2,
                                    .p50_ms = 4.25,
                                    .p99_ms = 12'340,
                                    .utilisation = 0.615,
                                    .answered = 8,
                                    .cost_per_million = 163.3}},
                      .summary = {.duration_s = 7200,
                                  .requests = 10,
                                  .answered = 8,
                                  .failed = 2,
                                  .failures = {{"Overloaded", 2}},
                                  .p50_ms = 5,
                                  .replica_hours = 6.5,
                                  .node_hours = 2,
                                  .utilisation = 0.5,
                                  .cost = 13.07,
                                  .cost_per_million = 163.3,
                                  .ready_after_s = 5,
                                  .findings = {"at 3 s: call 7 was answered twice"}}};
  EXPECT_EQ(report_text(report),
            "    TIME  DEPLOYMENT  WANTED  READY  QUEUED    REQ/S  FAILED       P50       P99    USED    COST/1M\n"
            " 1:01:01  app#Embed        4      3      12     50.0       2    4.2 ms    12.3 s    62 %     163.30\n"
            "\n"
            "10 requests in 2:00:00: 8 answered, 2 failed\n"
            "  Overloaded: 2\n"
            "latency       p50 5.0 ms, p90 -, p99 -, longest -\n"
            "utilisation   50 % of 6.50 replica-hours, on 2.00 node-hours\n"
            "first start   5.0 s until everything ran\n"
            "cost          13.07, 163.30 per million requests\n"
            "invariant broken at 3 s: call 7 was answered twice\n");
}

TEST(ReportTextTest, WithoutAPriceThereIsNoColumnOfIt) {
  const std::string text = report_text({.timeline = {{.application = "app", .deployment = "Embed"}}, .summary = {}});
  EXPECT_EQ(text.find("COST"), std::string::npos) << text;
}

TEST(ReportTextTest, AStretchWithoutAnswersHasNoCostOfOne) {
  const std::string text = report_text({.timeline = {{.application = "app"}}, .summary = {.cost = 1}});
  EXPECT_NE(text.find("0 %          -\n"), std::string::npos) << text;
}

TEST(ReportTextTest, APercentileIsTheValueBelowWhichSoManyLie) {
  EXPECT_EQ(percentile({}, 0.5), 0);
  EXPECT_EQ(percentile({1, 2, 3, 4}, 0.5), 2);
  EXPECT_EQ(percentile({1, 2, 3, 4}, 0.99), 4);
  EXPECT_EQ(percentile({1, 2, 3, 4}, 0), 1);
}

}  // namespace
}  // namespace manta::simulate
