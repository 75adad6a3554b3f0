#include "control/traffic_control.h"

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace manta::control {
namespace {

using std::chrono::seconds;
using ::testing::HasSubstr;

// Rules of application "app" with a store on disk; figures are those of one proxy.
class TrafficControlTest : public ::testing::Test {
 protected:
  TrafficControlTest() {
    std::string name = "/tmp/manta-traffic-XXXXXX";
    folder = ::mkdtemp(name.data());
    rule = {.split = {{"V1", 95}, {"V2", 5}}, .promote = TrafficPromotion{.to = "V2", .steps = {5, 50, 100}}};
    begin();
    follow();
  }
  ~TrafficControlTest() override {
    traffic.reset();
    events.reset();
    store.reset();
    std::filesystem::remove_all(folder);
  }

  // A controller dies (if there is one) and the next begins.
  void begin() {
    traffic.reset();
    events.reset();
    store.reset();
    store = std::move(*StateStore::open(folder + "/state.db"));
    events = std::make_unique<EventLog>(loop, logger, *store);
    traffic = std::make_unique<TrafficControl>(loop, logger, *store, *events, [this] { ++changes; });
  }
  void follow() {
    ApplicationRecord record{.name = "app"};
    record.config.traffic = {rule};
    traffic->follow({record});
  }
  spec::TrafficRoute route() {
    return traffic->routes("app", {rule}, [](const std::string& name) { return name == "Asleep"; }).at(0);
  }
  // "V1 95, V2 5"
  std::string weights() {
    std::string text;
    for (const auto& share : route().split)
      text += (text.empty() ? "" : ", ") + share.deployment + " " + std::to_string(std::lround(share.weight));
    return text;
  }
  TrafficDetails details() { return traffic->details("app").at(0); }
  // V2 answers so many, V1 ten times as many.
  void answer(std::int64_t requests, std::int64_t errors = 0, double ms = 10, std::int64_t stage = -1) {
    const auto figures = [](const std::string& name, std::int64_t all, std::int64_t failed, double took) {
      spec::TrafficLatency latency;
      for (std::int64_t i = 0; i < all - failed; ++i) latency.add(took);
      return spec::TargetFigures{name, all, failed, latency.bins()};
    };
    ASSERT_TRUE(traffic->take(
        {.routes = {{.application = "app",
                     .route = "/",
                     .stage = stage < 0 ? route().stage : stage,
                     .targets = {figures("V1", requests * 10, 0, 10), figures("V2", requests, errors, ms)}}}}));
  }
  void pass(Duration time) {
    clock.advance(time);
    loop.poll();
  }

  std::string folder;
  VirtualClock clock;
  Loop loop{clock};
  Logger logger{{.component = "test", .level = LogLevel::Error, .async = false}};
  std::unique_ptr<StateStore> store;
  std::unique_ptr<EventLog> events;
  std::unique_ptr<TrafficControl> traffic;
  TrafficRule rule;
  int changes = 0;
};

TEST_F(TrafficControlTest, AGoodTargetIsPromotedStepByStep) {
  EXPECT_EQ(weights(), "V1 95, V2 5");
  answer(200);
  EXPECT_EQ(weights(), "V1 95, V2 5");  // its time has not come
  pass(seconds(60));
  EXPECT_EQ(weights(), "V1 50, V2 50");
  pass(seconds(600));
  EXPECT_EQ(weights(), "V1 50, V2 50");  // too few answers
  EXPECT_THAT(details().reason, HasSubstr("0 of the 100 requests"));
  answer(200);
  EXPECT_EQ(weights(), "V1 0, V2 100");
  EXPECT_EQ(details().phase, "promoting");
  pass(seconds(60));
  answer(200);
  EXPECT_EQ(details().phase, "promoted");
  EXPECT_EQ(weights(), "V1 0, V2 100");
  EXPECT_EQ(changes, 4);
}

TEST_F(TrafficControlTest, OneThatFailsGetsNothingMore) {
  answer(20, 2);
  EXPECT_EQ(weights(), "V1 100, V2 0");
  EXPECT_EQ(details().phase, "rolled_back");
  EXPECT_THAT(details().reason, HasSubstr("2 of 20 answers of V2 were errors"));
  pass(seconds(600));
  answer(1000);
  EXPECT_EQ(weights(), "V1 100, V2 0");
}

TEST_F(TrafficControlTest, OneThatIsSlowGetsNothingMore) {
  answer(200, 0, 30);
  EXPECT_EQ(details().phase, "rolled_back");
}

TEST_F(TrafficControlTest, OneThatIsHeldStaysAtItsStep) {
  rule.promote->on_failure = "hold";
  follow();
  answer(20, 20);
  EXPECT_EQ(details().phase, "held");
  EXPECT_EQ(weights(), "V1 95, V2 5");
}

TEST_F(TrafficControlTest, WhatWasChosenByEarlierWeightsDoesNotCount) {
  const auto stage = route().stage;
  answer(200);
  pass(seconds(60));
  answer(50, 50, 10, stage);
  EXPECT_EQ(details().phase, "promoting");
  EXPECT_EQ(details().targets.at(1).requests, 0);
}

TEST_F(TrafficControlTest, TheNextControllerGoesOnFromTheSameStep) {
  answer(200);
  pass(seconds(60));
  ASSERT_EQ(weights(), "V1 50, V2 50");
  const auto stage = route().stage;
  begin();
  EXPECT_FALSE(traffic->take({}));  // it knows nothing yet
  follow();
  EXPECT_EQ(weights(), "V1 50, V2 50");
  EXPECT_EQ(route().stage, stage);
  EXPECT_EQ(details().changes.size(), 2U);
  pass(seconds(61));
  answer(200);
  EXPECT_EQ(weights(), "V1 0, V2 100");
}

TEST_F(TrafficControlTest, ADeployOfTheSameRuleKeepsTheWeightsAndAnotherBeginsAnew) {
  answer(2, 2);
  ASSERT_EQ(details().phase, "rolled_back");
  rule.sticky = "session";
  rule.shadow = TrafficShadow{.deployment = "V3"};
  follow();
  EXPECT_EQ(weights(), "V1 100, V2 0");
  EXPECT_EQ(route().sticky, "session");
  EXPECT_EQ(route().shadow->deployment, "V3");
  rule.promote.reset();
  rule.split = {{"V1", 70}, {"V2", 30}};
  EXPECT_EQ(weights(), "V1 70, V2 30");  // also before it is followed
  follow();
  EXPECT_EQ(weights(), "V1 70, V2 30");
  EXPECT_EQ(details().phase, "configured");
  traffic->follow({});
  EXPECT_TRUE(traffic->details("app").empty());
  EXPECT_TRUE(store->traffic_states()->empty());
}

TEST_F(TrafficControlTest, APersonSetsPromotesRollsBackAndRestarts) {
  ASSERT_TRUE(traffic->change("app", {.set = {{"V2", 30}, {"V1", 70}}}));
  EXPECT_EQ(weights(), "V1 70, V2 30");
  EXPECT_EQ(details().phase, "manual");
  pass(seconds(600));
  answer(1000);
  EXPECT_EQ(weights(), "V1 70, V2 30");  // nothing moves by itself any more
  ASSERT_TRUE(traffic->change("app", {.route = "/", .action = "promote"}));
  EXPECT_EQ(weights(), "V1 0, V2 100");
  ASSERT_TRUE(traffic->change("app", {.action = "rollback"}));
  EXPECT_EQ(weights(), "V1 100, V2 0");
  ASSERT_TRUE(traffic->change("app", {.action = "restart"}));
  EXPECT_EQ(weights(), "V1 95, V2 5");
  EXPECT_EQ(details().phase, "promoting");
  begin();
  follow();
  EXPECT_EQ(weights(), "V1 95, V2 5");
}

TEST_F(TrafficControlTest, WhatCannotBeIsRefusedAndChangesNothing) {
  const TrafficRequest refused[] = {{},
                                    {.set = {{"V9", 1}}},
                                    {.set = {{"V1", -1}}},
                                    {.set = {{"V1", 0}, {"V2", 0}}},
                                    {.action = "explode"},
                                    {.route = "/other", .action = "promote"},
                                    {.action = "promote", .deployment = "V9"}};
  for (const TrafficRequest& request : refused) EXPECT_FALSE(traffic->change("app", request)) << request.action;
  EXPECT_EQ(traffic->change("other", {.action = "promote"}).error().code, ErrorCode::NotFound);
  EXPECT_EQ(weights(), "V1 95, V2 5");
  EXPECT_EQ(changes, 1);
}

TEST_F(TrafficControlTest, EveryChangeIsAnEventAndAFigure) {
  answer(2, 2);
  const auto recorded = events->since(0);
  ASSERT_EQ(recorded.size(), 2U);
  EXPECT_EQ(recorded[1].kind, "traffic_changed");
  EXPECT_EQ(recorded[1].application, "app");
  EXPECT_THAT(recorded[1].message, HasSubstr("rolled_back; V1 100, V2 0 (2 of 2 answers"));
  EXPECT_THAT(traffic->figures(), HasSubstr(R"(manta_traffic_share{application="app",deployment="V1",route="/"} 1)"));
}

TEST_F(TrafficControlTest, ADeploymentThatSleepsIsMarked) {
  rule.split[0].deployment = "Asleep";
  EXPECT_TRUE(route().split[0].wakes);
  EXPECT_FALSE(route().split[1].wakes);
}

}  // namespace
}  // namespace manta::control
