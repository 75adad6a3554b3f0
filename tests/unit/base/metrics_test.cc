#include "base/metrics.h"

#include <gmock/gmock.h>

namespace manta {
namespace {

using testing::HasSubstr;

TEST(MetricsTest, NamesCarryThePrefixThatDashboardsKnow) {
  Metrics metrics;
  metrics.counter("num_http_requests", "Requests.", {{"route", "/"}}).add();
  metrics.counter("manta_refusals", "Refusals.", {}).add(2);
  EXPECT_THAT(metrics.text(), HasSubstr("ray_serve_num_http_requests{route=\"/\"} 1"));
  EXPECT_THAT(metrics.text(), HasSubstr("\nmanta_refusals 2"));
}

TEST(MetricsTest, TheSameSeriesIsSharedWhereverItIsAskedFor) {
  Metrics metrics;
  metrics.gauge("g", "G.", {{"a", "1"}}).add(1);
  metrics.gauge("g", "G.", {{"a", "1"}}).add(1);
  EXPECT_THAT(metrics.text(), HasSubstr("ray_serve_g{a=\"1\"} 2"));
}

TEST(MetricsTest, MergeKeepsOneHeaderPerFamily) {
  Metrics a, b;
  a.counter("c", "C.", {{"replica", "a"}}).add(1);
  b.counter("c", "C.", {{"replica", "b"}}).add(2);
  b.histogram("h", "H.", {}, {1, 2}).observe(1.5);
  const std::string merged = merge_metrics({a.text(), b.text()});
  EXPECT_EQ(merged.find("# TYPE ray_serve_c"), merged.rfind("# TYPE ray_serve_c"));
  EXPECT_THAT(merged, HasSubstr("ray_serve_c{replica=\"a\"} 1\nray_serve_c{replica=\"b\"} 2\n"));
  EXPECT_THAT(merged, HasSubstr("ray_serve_h_bucket{le=\"2\"} 1"));
}

}  // namespace
}  // namespace manta
