#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "routing/circuit_breaker.h"
#include "routing/drain_rate.h"
#include "routing/queue_count.h"
#include "routing/rate_limits.h"

namespace manta::routing {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(RateLimitsTest, LetsABurstPassAndThenTheRate) {
  RateLimits limits;
  const AdmissionConfig config{.requests_per_s = 10, .burst = 3};
  TimePoint now{std::chrono::hours(1)};
  for (int i = 0; i < 3; ++i) EXPECT_FALSE(limits.take(config, "", now));
  const auto exceeded = limits.take(config, "", now);
  ASSERT_TRUE(exceeded);
  EXPECT_FALSE(exceeded->by_tenant);
  EXPECT_NEAR(exceeded->retry_after_s, 0.1, 1e-9);
  int passed = 0;
  for (int i = 0; i < 1000; ++i) passed += limits.take(config, "", now += milliseconds(10)) ? 0 : 1;
  EXPECT_NEAR(passed, 100, 1);
}

TEST(RateLimitsTest, RetryAfterIsWhenThereIsATokenAgain) {
  RateLimits limits;
  const AdmissionConfig config{.requests_per_s = 0.2};
  const TimePoint now{std::chrono::hours(1)};
  EXPECT_FALSE(limits.take(config, "", now)) << "one at least, however low the rate";
  const double wait_s = limits.take(config, "", now + seconds(1))->retry_after_s;
  EXPECT_NEAR(wait_s, 4, 1e-6);
  EXPECT_FALSE(limits.take(config, "", now + seconds(5) + milliseconds(1)));
}

TEST(RateLimitsTest, EachTenantHasItsOwnBucketAndWhatItIsRefusedCostsTheOthersNothing) {
  RateLimits limits;
  const AdmissionConfig config{.requests_per_s = 3, .tenant_requests_per_s = 1};
  const TimePoint now{std::chrono::hours(1)};
  EXPECT_FALSE(limits.take(config, "a", now));
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(limits.take(config, "a", now)->by_tenant);
  EXPECT_FALSE(limits.take(config, "b", now));
  EXPECT_FALSE(limits.take(config, "c", now));
  EXPECT_FALSE(limits.take(config, "d", now)->by_tenant) << "three in all";
}

TEST(RateLimitsTest, ALimitThatChangesHoldsAtOnce) {
  RateLimits limits;
  const TimePoint now{std::chrono::hours(1)};
  EXPECT_FALSE(limits.take({.requests_per_s = 1}, "", now));
  EXPECT_TRUE(limits.take({.requests_per_s = 1}, "", now));
  EXPECT_FALSE(limits.take({.requests_per_s = 1000}, "", now + milliseconds(1)));
}

TEST(RateLimitsTest, ManyTenantsTakeBoundedRoom) {
  RateLimits limits;
  const AdmissionConfig config{.tenant_requests_per_s = 1};
  TimePoint now{std::chrono::hours(1)};
  for (int i = 0; i < 100'000; ++i) limits.take(config, std::to_string(i), now += milliseconds(1));
  EXPECT_LE(limits.tenants(), 4096U) << "who asked for nothing for a second is as good as new";
  for (int i = 0; i < 200'000; ++i) limits.take(config, "x" + std::to_string(i), now);
  EXPECT_LE(limits.tenants(), kMostTenants);
}

TEST(QueueCountTest, BytesAreBoundedTogether) {
  QueueCount count;
  EXPECT_TRUE(count.try_enter_bytes(60, 100));
  EXPECT_FALSE(count.try_enter_bytes(41, 100));
  EXPECT_TRUE(count.try_enter_bytes(40, 100));
  EXPECT_TRUE(count.try_enter_bytes(1000, 0)) << "no limit";
  count.leave_bytes(1060);
  EXPECT_EQ(count.bytes(), 40);
}

struct HopelessRow {
  std::string name;
  int per_second;
  int seconds_seen;
  std::size_t ahead;
  Duration left;
  bool hopeless;
};

class HopelessTest : public testing::TestWithParam<HopelessRow> {};

TEST_P(HopelessTest, OnlyWhatFourTimesTheRateCannotReach) {
  const HopelessRow& row = GetParam();
  DrainRate rate;
  TimePoint now{std::chrono::hours(1)};
  for (int i = 0; i < row.per_second * row.seconds_seen; ++i) rate.note(now += Duration(seconds(1)) / row.per_second);
  EXPECT_EQ(rate.hopeless(row.ahead, row.left, now), row.hopeless);
}

INSTANTIATE_TEST_SUITE_P(Rows, HopelessTest,
                         testing::Values(HopelessRow{"Reachable", 10, 20, 100, seconds(10), false},
                                         HopelessRow{"ReachableIfItGetsFaster", 10, 20, 350, seconds(10), false},
                                         HopelessRow{"Hopeless", 10, 20, 500, seconds(10), true},
                                         HopelessRow{"NoTimeSeen", 100, 3, 5000, seconds(1), false},
                                         HopelessRow{"TooFewSeen", 1, 10, 5000, seconds(1), false}),
                         [](const auto& row) { return row.param.name; });

struct OutcomeRow {
  int status;
  std::string error;
  Outcome outcome;
};

TEST(OutcomeTest, AClientsFaultIsNoFailureAndABusyReplicaSaysNothing) {
  const std::vector<OutcomeRow> rows{
      {200, "", Outcome::Success},           {302, "", Outcome::Success}, {400, "InvalidArgument", Outcome::Success},
      {404, "", Outcome::Success},           {422, "", Outcome::Success}, {429, "", Outcome::Neutral},
      {429, "Overloaded", Outcome::Neutral}, {503, "", Outcome::Neutral}, {503, "Unavailable", Outcome::Neutral},
      {500, "AppError", Outcome::Failure},   {500, "", Outcome::Failure}, {502, "", Outcome::Failure},
      {504, "", Outcome::Failure},           {408, "", Outcome::Success}, {408, "DeadlineExceeded", Outcome::Failure}};
  for (const OutcomeRow& row : rows)
    EXPECT_EQ(outcome_of(row.status, row.error), row.outcome) << row.status << row.error;
}

class BreakerTest : public testing::Test {
 protected:
  bool fail_at(Duration at) { return breaker.note(Outcome::Failure, start + at, config); }
  CircuitBreaker breaker;
  CircuitBreakerConfig config{.failure_threshold = 3, .window_s = 10, .open_s = 5, .success_threshold = 2};
  const TimePoint start{std::chrono::hours(1)};
};

TEST_F(BreakerTest, OpensOnlyAfterEnoughFailuresWithinTheWindow) {
  EXPECT_FALSE(fail_at(seconds(0)));
  EXPECT_FALSE(fail_at(seconds(6)));
  EXPECT_FALSE(fail_at(seconds(10))) << "the first is out of the window";
  EXPECT_FALSE(breaker.note(Outcome::Success, start + seconds(11), config));
  EXPECT_TRUE(fail_at(seconds(12)));
}

TEST_F(BreakerTest, NeverOpensWithoutAThreshold) {
  config.failure_threshold = 0;
  for (int i = 0; i < 1000; ++i) EXPECT_FALSE(fail_at(seconds(0)));
}

TEST_F(BreakerTest, AThresholdMayChangeAtAnyTime) {
  for (int i = 0; i < 2; ++i) EXPECT_FALSE(fail_at(seconds(i)));
  config.failure_threshold = 5;
  for (int i = 2; i < 4; ++i) EXPECT_FALSE(fail_at(seconds(i)));
  EXPECT_TRUE(fail_at(seconds(4)));
  EXPECT_TRUE(fail_at(seconds(5))) << "still, as nobody opened it";
  config.failure_threshold = 2;
  EXPECT_FALSE(fail_at(seconds(5)));
  EXPECT_TRUE(fail_at(seconds(6)));
  config.failure_threshold = 4;
  EXPECT_FALSE(fail_at(seconds(7)));
  EXPECT_TRUE(fail_at(seconds(8)));
}

TEST_F(BreakerTest, LetsSingleProbesThroughAndClosesAfterEnoughSuccesses) {
  breaker.open(start);
  EXPECT_FALSE(breaker.takes_requests());
  breaker.half_open();
  for (int i = 0; i < 2; ++i) {
    ASSERT_TRUE(breaker.takes_requests());
    const auto probe = breaker.begin_probe();
    EXPECT_FALSE(breaker.takes_requests()) << "one at a time";
    breaker.end_probe(probe, Outcome::Success, start, config);
  }
  EXPECT_EQ(breaker.state(), CircuitBreaker::State::Closed);
}

TEST_F(BreakerTest, AFailedProbeOpensItAgainAndANeutralOneSaysNothing) {
  breaker.open(start);
  breaker.half_open();
  breaker.end_probe(breaker.begin_probe(), Outcome::Success, start, config);
  breaker.end_probe(breaker.begin_probe(), Outcome::Neutral, start, config);
  EXPECT_EQ(breaker.state(), CircuitBreaker::State::HalfOpen);
  breaker.end_probe(breaker.begin_probe(), Outcome::Failure, start + seconds(1), config);
  EXPECT_EQ(breaker.state(), CircuitBreaker::State::Open);
  EXPECT_EQ(breaker.opened_at(), start + seconds(1));
  breaker.half_open();
  breaker.end_probe(breaker.begin_probe(), Outcome::Success, start, config);
  EXPECT_EQ(breaker.state(), CircuitBreaker::State::HalfOpen) << "successes are counted anew";
}

TEST_F(BreakerTest, AProbeOfAnEarlierTimeSaysNothing) {
  breaker.open(start);
  breaker.half_open();
  const auto old = breaker.begin_probe();
  breaker.close();
  breaker.open(start);
  breaker.half_open();
  const auto probe = breaker.begin_probe();
  breaker.end_probe(old, Outcome::Failure, start, config);
  EXPECT_EQ(breaker.state(), CircuitBreaker::State::HalfOpen);
  EXPECT_FALSE(breaker.takes_requests());
  breaker.end_probe(probe, Outcome::Failure, start, config);
  EXPECT_EQ(breaker.state(), CircuitBreaker::State::Open);
}

TEST(BreakerBoundTest, NoMoreThanTheShareOfTheReplicasMayBeOpen) {
  EXPECT_FALSE(may_open(0, 1, 50)) << "the only one stays in use";
  EXPECT_TRUE(may_open(0, 2, 50));
  EXPECT_FALSE(may_open(1, 2, 50));
  EXPECT_TRUE(may_open(1, 4, 50));
  EXPECT_FALSE(may_open(2, 5, 50));
  EXPECT_TRUE(may_open(0, 1, 100));
  EXPECT_FALSE(may_open(0, 100, 0));
}

}  // namespace
}  // namespace manta::routing
