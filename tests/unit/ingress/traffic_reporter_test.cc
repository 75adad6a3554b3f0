#include "ingress/traffic_reporter.h"

#include <memory>
#include <vector>

#include <gtest/gtest.h>

#include <manta/detail/json.h>

#include "unit/ingress/proxy_fixture.h"

namespace manta::ingress {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// The reporter, with a controller that a test answers for.
class TrafficReporterTest : public ::testing::Test {
 protected:
  TrafficReporterTest() { start_controller(); }
  void start_controller() {
    controller_ = std::make_unique<net::Server>(
        loop_, net::ServerOptions{.internal = true}, budget_, [this](const net::ExchangePtr& exchange) {
          EXPECT_EQ(exchange->request().target, spec::kTrafficPath);
          if (status_ == 200)
            for (auto& route : detail::from_json<spec::TrafficReport>(exchange->request().body)->routes)
              heard_.push_back(std::move(route));
          exchange->respond({.status = status_});
        });
  }
  std::unique_ptr<net::Channel> connect() {
    if (!controller_) return nullptr;
    const auto [ours, theirs] = socket_pair();
    controller_->accept(theirs);
    return std::make_unique<net::Channel>(loop_, ours, net::ChannelOptions{}, budget_);
  }
  void pass(Duration time) {
    clock_.advance(time);
    for (int i = 0; i < 10; ++i) loop_.poll();
  }

  VirtualClock clock_;
  Loop loop_{clock_};
  Metrics metrics_;
  net::ReceiveBudget budget_;
  int status_ = 200;
  std::vector<spec::RouteFigures> heard_;
  std::unique_ptr<net::Server> controller_;
  std::shared_ptr<TrafficCounts> counts_ = std::make_shared<TrafficCounts>(
      metrics_, "app", spec::TrafficRoute{.route = "/", .split = {{"V1", 1}}, .stage = 7});
  TrafficReporter reporter_{loop_, [this] { return connect(); }};
};

TEST_F(TrafficReporterTest, TellsOnceAPeriodWhatIsNew) {
  reporter_.follow({counts_});
  counts_->count(0, TrafficOutcome::Good, std::chrono::milliseconds(1));
  counts_->count(0, TrafficOutcome::Error, std::chrono::milliseconds(1));
  pass(milliseconds(499));
  EXPECT_TRUE(heard_.empty());
  pass(milliseconds(1));
  ASSERT_EQ(heard_.size(), 1U);
  EXPECT_EQ(heard_[0].stage, 7);
  EXPECT_EQ(heard_[0].targets.at(0).requests, 2);
  EXPECT_EQ(heard_[0].targets.at(0).errors, 1);
  pass(seconds(5));
  EXPECT_EQ(heard_.size(), 1U);  // nothing is new
}

TEST_F(TrafficReporterTest, WhatDidNotArriveIsToldAgain) {
  reporter_.follow({counts_});
  counts_->count(0, TrafficOutcome::Good, std::chrono::milliseconds(1));
  status_ = 503;
  pass(milliseconds(500));
  controller_.reset();
  pass(milliseconds(500));
  counts_->count(0, TrafficOutcome::Good, std::chrono::milliseconds(1));
  status_ = 200;
  start_controller();
  pass(milliseconds(500));
  pass(milliseconds(500));
  ASSERT_EQ(heard_.size(), 1U);
  EXPECT_EQ(heard_[0].targets.at(0).requests, 2);
  EXPECT_EQ(heard_[0].targets.at(0).latency.at(0).count, 2);
}

}  // namespace
}  // namespace manta::ingress
