#include "replica/self_report.h"

#include <gtest/gtest.h>

#include "sim/sleep.h"
#include "unit/replica/replica_fixture.h"

namespace manta::replica {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// Has the two functions; each answers what the test sets, after a while.
class RecordingServable final : public Servable {
 public:
  explicit RecordingServable(Loop& loop) : loop_(loop) {}
  const std::vector<spec::MethodSpec>& methods() const override { return methods_; }
  bool is_coroutine(std::string_view) const override { return true; }
  Task<Result<Reply>> call(Invocation&) override { co_return Reply{}; }
  Result<Reply> call_blocking(Invocation&) override { return Reply{}; }
  Result<void> check_health() override { return {}; }
  Result<void> reconfigure(const std::string&) override { return {}; }
  bool records(StatsKind kind) const override { return kind == StatsKind::Routing ? routing : true; }
  Task<Result<Stats>> record_stats(StatsKind kind) override {
    ++(kind == StatsKind::Routing ? routing_calls : autoscaling_calls);
    co_await sim::Sleep(loop_, takes);
    if (throws) throw std::runtime_error("no figures");
    co_return stats;
  }

  bool routing = true, throws = false;
  Duration takes = milliseconds(1);
  Stats stats{{"queue", 3}};
  int routing_calls = 0, autoscaling_calls = 0;

 private:
  Loop& loop_;
  std::vector<spec::MethodSpec> methods_;
};

class SelfReportTest : public LoopTest {
 protected:
  void start() {
    report.start(servable, settings);
    advance(milliseconds(10));
  }
  bool failures_are(const std::string& metric, int count) {
    return metrics.text().contains(metric + "{application=\"app\",deployment=\"D\",replica=\"r\"} " +
                                   std::to_string(count) + "\n");
  }

  ReplicaOptions options{.application = "app", .deployment = "D", .id = "r"};
  spec::RunningSettings settings{.request_routing_stats_period_s = 10, .request_routing_stats_timeout_s = 30};
  std::shared_ptr<RecordingServable> servable = std::make_shared<RecordingServable>(loop);
  int changes = 0;
  std::vector<spec::SlotNotice> told;
  SelfReport report{loop,
                    metrics,
                    logger,
                    options,
                    {.autoscaling_changed = [this] { ++changes; },
                     .tell_callers = [this](const spec::SlotNotice& notice) { told.push_back(notice); }}};
};

TEST_F(SelfReportTest, AsksOncePerPeriodAndTellsWhatChanged) {
  start();
  EXPECT_EQ(report.autoscaling_stats(), (Stats{{"queue", 3}}));
  ASSERT_EQ(told.size(), 1u);
  EXPECT_EQ(told[0].routing_stats, (Stats{{"queue", 3}}));
  advance(seconds(10));
  EXPECT_EQ(servable->routing_calls, 2);
  EXPECT_EQ(told.size(), 1u) << "the same figures are not told again";
  EXPECT_EQ(changes, 1);
  servable->stats = {{"queue", 4}};
  advance(seconds(10));
  EXPECT_EQ(told.size(), 2u);
  EXPECT_EQ(changes, 2);
}

TEST_F(SelfReportTest, APeriodCanBeChangedWhileItRuns) {
  start();
  settings.request_routing_stats_period_s = 1;
  report.set_terms(settings);
  advance(milliseconds(3500));
  EXPECT_EQ(servable->routing_calls, 4);
  EXPECT_EQ(servable->autoscaling_calls, 1);
}

TEST_F(SelfReportTest, AFailureIsCountedAndKeepsTheFiguresThatWere) {
  start();
  servable->throws = true;
  advance(seconds(10));
  EXPECT_TRUE(failures_are("ray_serve_record_autoscaling_stats_failed", 1)) << metrics.text();
  EXPECT_TRUE(failures_are("manta_record_routing_stats_failed", 1)) << metrics.text();
  EXPECT_EQ(report.autoscaling_stats(), (Stats{{"queue", 3}}));
}

TEST_F(SelfReportTest, ACallThatTakesTooLongIsAFailureAndTheNextOneIsMade) {
  servable->takes = seconds(25);
  start();
  advance(seconds(11));
  EXPECT_TRUE(failures_are("ray_serve_record_autoscaling_stats_failed", 1)) << "10 s";
  EXPECT_EQ(servable->autoscaling_calls, 2);
  EXPECT_TRUE(failures_are("manta_record_routing_stats_failed", 0)) << "30 s";
  advance(seconds(15));
  EXPECT_EQ(told.size(), 1u);
}

TEST_F(SelfReportTest, AClassWithoutAFunctionIsNotAsked) {
  servable->routing = false;
  start();
  EXPECT_EQ(servable->routing_calls, 0);
  EXPECT_EQ(servable->autoscaling_calls, 1);
}

TEST_F(SelfReportTest, NobodyIsAskedAfterTheEnd) {
  start();
  report.stop();
  advance(seconds(60));
  EXPECT_EQ(servable->routing_calls, 1);
}

TEST_F(SelfReportTest, ModelsAreToldAtMostTenTimesASecond) {
  report.set_models({"a"});
  ASSERT_EQ(told.size(), 1u);
  EXPECT_EQ(told[0].models, std::vector<std::string>{"a"});
  report.set_models({"a", "b"});
  report.set_models({"b"});
  EXPECT_EQ(told.size(), 1u);
  advance(milliseconds(100));
  ASSERT_EQ(told.size(), 2u);
  EXPECT_EQ(told[1].models, std::vector<std::string>{"b"});
  EXPECT_EQ(report.known().models, std::vector<std::string>{"b"});
}

}  // namespace
}  // namespace manta::replica
