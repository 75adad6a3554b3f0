#include "base/metrics.h"

#include <memory>
#include <optional>
#include <stdexcept>

#include <gmock/gmock.h>

namespace manta {
namespace {

using testing::HasSubstr;
using testing::Not;

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

TEST(MetricsTest, SeriesOfAPartAreInTheWholeAndGoWithThePart) {
  Metrics metrics;
  {
    Metrics part = metrics.part();
    part.counter("c", "C.", {{"replica", "a"}}).add();
    part.gauge("g", "G.", {{"replica", "a"}}).set(2);
    part.histogram("h", "H.", {{"replica", "a"}}, {1, 2}).observe(1.5);
    EXPECT_THAT(metrics.text(), HasSubstr("ray_serve_c{replica=\"a\"} 1\n"));
    EXPECT_THAT(metrics.text(), HasSubstr("ray_serve_g{replica=\"a\"} 2\n"));
    EXPECT_THAT(metrics.text(), HasSubstr("ray_serve_h_count{replica=\"a\"} 1\n"));
  }
  EXPECT_EQ(metrics.text(), "");
}

TEST(MetricsTest, ASeriesOfSeveralPartsStaysUntilTheLastOfThemEndsAndThenBeginsAnew) {
  Metrics metrics;
  auto one = std::make_unique<Metrics>(metrics.part());
  auto other = std::make_unique<Metrics>(metrics.part());
  one->counter("c", "C.", {}).add();
  one->counter("c", "C.", {}).add();
  other->counter("c", "C.", {}).add();
  one.reset();
  EXPECT_THAT(metrics.text(), HasSubstr("ray_serve_c 3\n"));
  other.reset();
  EXPECT_THAT(metrics.text(), Not(HasSubstr("ray_serve_c")));
  Metrics again = metrics.part();
  again.counter("c", "C.", {}).add();
  EXPECT_THAT(metrics.text(), HasSubstr("ray_serve_c 1\n"));
}

TEST(MetricsTest, WhatTheWholeHasMadeStaysWhenAPartEnds) {
  Metrics metrics;
  CounterMetric before = metrics.counter("before", "B.", {});
  std::optional<CounterMetric> after;
  {
    Metrics part = metrics.part();
    part.counter("before", "B.", {}).add();
    part.counter("after", "A.", {}).add();
    after = metrics.counter("after", "A.", {});
  }
  before.add();
  after->add();
  EXPECT_THAT(metrics.text(), HasSubstr("ray_serve_before 2\n"));
  EXPECT_THAT(metrics.text(), HasSubstr("ray_serve_after 2\n"));
}

TEST(MetricsTest, APartMayOutliveTheWhole) {
  auto metrics = std::make_unique<Metrics>();
  Metrics part = metrics->part();
  CounterMetric counter = part.counter("c", "C.", {});
  metrics.reset();
  counter.add();
  EXPECT_THAT(part.text(), HasSubstr("ray_serve_c 1\n"));
}

TEST(MetricsTest, ANameIsOfOneKind) {
  Metrics metrics;
  metrics.counter("c", "C.", {{"a", "1"}});
  EXPECT_THROW(metrics.gauge("c", "C.", {{"a", "2"}}), std::invalid_argument);
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
