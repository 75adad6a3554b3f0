#include <cmath>
#include <functional>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "spec/config_json.h"
#include "spec/traffic_faults.h"
#include "spec/traffic_latency.h"
#include "unit/spec/parsed.h"

namespace manta::spec {
namespace {

TrafficRule canary() {
  return {.split = {{"V1", 95}, {"V2", 5}},
          .shadow = TrafficShadow{.deployment = "V3"},
          .promote = TrafficPromotion{.to = "V2"}};
}

std::string fields_in(const std::vector<Fault>& faults) {
  std::string fields;
  for (const Fault& fault : faults) fields += (fields.empty() ? "" : " ") + fault.field;
  return fields;
}

TEST(TrafficSectionTest, ARuleIsReadAndWrittenBackAsItWas) {
  const auto config = parsed(application(R"(traffic:
- route: /chat
  sticky: header:X-User
  split:
  - {deployment: V1, weight: 95}
  - {deployment: V2, weight: 5}
  shadow: {deployment: V3, percent: 10}
  promote: {to: V2, steps: [10, 100], hold_s: 30, on_failure: hold}
- split: [{deployment: V1, weight: 1}]
)"));
  const auto& rules = config.applications.at(0).traffic;
  ASSERT_EQ(rules.size(), 2U);
  EXPECT_EQ(rules[0].route, "/chat");
  EXPECT_EQ(rules[0].sticky, "header:X-User");
  EXPECT_EQ(rules[0].split, (std::vector<TrafficTarget>{{"V1", 95}, {"V2", 5}}));
  EXPECT_EQ(rules[0].shadow->percent, 10);
  EXPECT_EQ(rules[0].promote->steps, (std::vector<double>{10, 100}));
  EXPECT_EQ(rules[0].promote->min_requests, 100);
  EXPECT_EQ(rules[1].route, "/");
  EXPECT_EQ(parsed(config_json(config)).applications.at(0).traffic, rules);
}

TEST(TrafficSectionTest, AMisspeltKeyIsNamedWithItsPlace) {
  EXPECT_THAT(error_of(application("traffic:\n- split: [{deployment: V1, wieght: 1}]\n")),
              testing::HasSubstr("did you mean 'weight'?"));
  EXPECT_THAT(error_of(application("traffic:\n- splt: []\n")), testing::HasSubstr("did you mean 'split'?"));
}

TEST(TrafficFaultsTest, EachFieldHasItsRange) {
  struct Case {
    std::function<void(TrafficRule&)> change;
    const char* fields;
  };
  const Case cases[] = {
      {[](auto&) {}, ""},
      {[](auto& r) { r.route = "chat"; }, "traffic[0].route"},
      {[](auto& r) { r.route = "/a/{b}"; }, "traffic[0].route"},
      {[](auto& r) { r.sticky = "cookie"; }, "traffic[0].sticky"},
      {[](auto& r) { r.sticky = "header:"; }, "traffic[0].sticky"},
      {[](auto& r) { r.split[1].weight = -1; }, "traffic[0].split[1].weight"},
      {[](auto& r) { r.split[1].deployment = "V1"; }, "traffic[0].split[1].deployment traffic[0].promote.to"},
      {[](auto& r) { r.promote.reset(), r.split = {{"V1", 0}}; }, "traffic[0].split"},
      {[](auto& r) { r.promote.reset(), r.split = {}; }, ""},
      {[](auto& r) { r = {}; }, "traffic[0].split"},
      {[](auto& r) { r.shadow->deployment = "V1"; }, "traffic[0].shadow.deployment"},
      {[](auto& r) { r.shadow->percent = 101; }, "traffic[0].shadow.percent"},
      {[](auto& r) { r.shadow->max_in_flight = 0; }, "traffic[0].shadow.max_in_flight"},
      {[](auto& r) { r.promote->to = "V9"; }, "traffic[0].promote.to"},
      {[](auto& r) { r.split[0].weight = 0; }, "traffic[0].promote.to"},
      {[](auto& r) { r.promote->steps = {}; }, "traffic[0].promote.steps"},
      {[](auto& r) { r.promote->steps = {50, 20, 101}; }, "traffic[0].promote.steps[1] traffic[0].promote.steps[2]"},
      {[](auto& r) { r.promote->min_requests = 0; }, "traffic[0].promote.min_requests"},
      {[](auto& r) { r.promote->max_error_rate = 2; }, "traffic[0].promote.max_error_rate"},
      {[](auto& r) { r.promote->latency_quantile = 1; }, "traffic[0].promote.latency_quantile"},
      {[](auto& r) { r.promote->on_failure = "explode"; }, "traffic[0].promote.on_failure"},
  };
  for (const Case& test : cases) {
    std::vector<TrafficRule> rules{canary()};
    test.change(rules[0]);
    EXPECT_EQ(fields_in(traffic_faults(rules)), test.fields);
  }
  EXPECT_EQ(fields_in(traffic_faults({canary(), canary()})), "traffic[1].route");
}

TEST(TrafficFaultsTest, TargetsAreDeploymentsThatAnswerWhatTheIngressDoes) {
  ApplicationGraph graph{.name = "app", .ingress = "V1"};
  const std::vector<MethodSpec> methods{{.name = "ask"}, {.name = "raw", .raw_http = true}};
  for (const char* name : {"V1", "V2", "V3"}) graph.nodes.push_back({.name = name, .methods = methods});
  EXPECT_EQ(fields_in(traffic_faults({canary()}, graph)), "");

  auto without_method = graph;
  without_method.nodes[1].methods.pop_back();
  EXPECT_EQ(fields_in(traffic_faults({canary()}, without_method)), "traffic[0].split[1].deployment");
  auto typed = graph;
  typed.nodes[2].methods[1].raw_http = false;
  EXPECT_EQ(fields_in(traffic_faults({canary()}, typed)), "traffic[0].shadow.deployment");
  auto custom = graph;
  custom.nodes[1].config.request_router_config.request_router_class = "custom:mine";
  EXPECT_EQ(fields_in(traffic_faults({canary()}, custom)), "traffic[0].split[1].deployment");
  auto misspelt = canary();
  misspelt.split[0].deployment = "V11";
  const auto faults = traffic_faults({misspelt}, graph);
  ASSERT_EQ(faults.size(), 1U);
  EXPECT_THAT(faults[0].message, testing::HasSubstr("has no deployment 'V11'"));
  misspelt.split[0].deployment = "other/V1";
  EXPECT_THAT(traffic_faults({misspelt}, graph)[0].message, testing::HasSubstr("builtin:ab_router"));
}

TEST(TrafficLatencyTest, QuantilesAreWithinSixPercent) {
  TrafficLatency latency;
  for (int i = 1; i <= 1000; ++i) latency.add(i * 0.7);
  EXPECT_EQ(latency.count(), 1000);
  for (const double share : {0.01, 0.1, 0.5, 0.9, 0.95, 0.99})
    EXPECT_NEAR(latency.quantile(share) / (share * 700), 1, 0.07) << share;
  EXPECT_LT(latency.bound(0.95, -2), latency.quantile(0.95));
  EXPECT_GT(latency.bound(0.95, 2), latency.quantile(0.95));
}

TEST(TrafficLatencyTest, EveryTimeHasABin) {
  for (double ms = 0.001; ms < 1e7; ms *= 1.01) {
    TrafficLatency latency;
    latency.add(ms);
    ASSERT_EQ(latency.bins().size(), 1U);
    const double expected = std::min(ms, 4294967.0);
    ASSERT_NEAR(latency.quantile(0.5) / expected, 1, ms < 0.03 ? 0.6 : 0.04) << ms;
  }
}

TEST(TrafficLatencyTest, BinsOfSeveralProcessesAddUp) {
  TrafficLatency one, other, both;
  for (int i = 0; i < 100; ++i) {
    (i % 2 == 0 ? one : other).add(i);
    both.add(i);
  }
  one.add(other.bins());
  one.add({{-1, 5}, {9999, 5}, {3, -4}});  // no such bins
  EXPECT_EQ(one.bins(), both.bins());
  EXPECT_EQ(one.count(), 100);
  EXPECT_EQ(TrafficLatency().quantile(0.5), 0);
}

}  // namespace
}  // namespace manta::spec
