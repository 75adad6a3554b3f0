#include "engines/sim/token_schedule.h"

#include <gmock/gmock.h>

#include "unit/engines/recording_sink.h"

namespace manta::engines::sim {
namespace {

using std::chrono::milliseconds;
using Milliseconds = std::chrono::duration<double, std::milli>;

// Jumps from one due time to the next and notes when each request's tokens came, in ms since the start.
class TokenScheduleTest : public ::testing::Test {
 protected:
  using TimePoint = TokenSchedule::TimePoint;

  void begin(const TokenClockOptions& options) { schedule_ = std::make_unique<TokenSchedule>(options); }
  std::size_t add(int max_tokens, std::string prompt = "p") {
    const std::size_t index = times_.size();
    times_.emplace_back();
    sinks_.push_back(std::make_shared<RecordingSink>([this, index](const RecordingSink::Outcome&) {
      times_[index].push_back(Milliseconds(now_ - TimePoint{}).count());
      order_.push_back(index);
    }));
    schedule_->add({.id = index + 1,
                    .prompt = std::vector<Token>(1, static_cast<Token>(prompt.size())),
                    .sampling = {.max_tokens = max_tokens},
                    .sink = sinks_.back()});
    schedule_->admit(now_);
    return index;
  }
  void run() {
    while (const auto due = schedule_->next_due()) {
      now_ = *due;
      schedule_->emit_due(now_);
      schedule_->admit(now_);
    }
  }
  std::vector<double> gaps(std::size_t request) const {
    std::vector<double> gaps;
    for (std::size_t i = 1; i < times_[request].size(); ++i)
      gaps.push_back(times_[request][i] - times_[request][i - 1]);
    return gaps;
  }

  TimePoint now_{};
  std::unique_ptr<TokenSchedule> schedule_;
  std::vector<std::shared_ptr<RecordingSink>> sinks_;
  std::vector<std::vector<double>> times_;
  std::vector<std::size_t> order_;
};

TEST_F(TokenScheduleTest, TheFirstTokenComesAfterTtftAndTheOthersEveryItl) {
  begin({.ttft_ms = 20, .itl_ms = 5});
  add(4);
  run();
  EXPECT_THAT(times_[0], ::testing::ElementsAre(20, 25, 30, 35));
}

TEST_F(TokenScheduleTest, NothingComesBeforeItIsDue) {
  begin({.ttft_ms = 20, .itl_ms = 5});
  add(4);
  now_ += milliseconds(19);
  schedule_->emit_due(now_);
  EXPECT_TRUE(times_[0].empty());
}

TEST_F(TokenScheduleTest, RequestsTakeTurnsWithoutSlowingEachOtherDown) {
  begin({.ttft_ms = 20, .itl_ms = 10});
  add(3);
  now_ += milliseconds(5);
  add(3);
  run();
  EXPECT_THAT(times_[0], ::testing::ElementsAre(20, 30, 40));
  EXPECT_THAT(times_[1], ::testing::ElementsAre(25, 35, 45));
  EXPECT_THAT(order_, ::testing::ElementsAre(0, 1, 0, 1, 0, 1));
}

TEST_F(TokenScheduleTest, TheTimeOfOneThatWaitsBeginsWithItsSlot) {
  begin({.ttft_ms = 20, .itl_ms = 5, .slots = 1});
  add(2);
  add(2);
  EXPECT_EQ(schedule_->load().running, 1u);
  run();
  EXPECT_THAT(times_[1], ::testing::ElementsAre(45, 50)) << "the first one ends at 25";
}

TEST_F(TokenScheduleTest, JitterStaysWithinItsShareAndReachesBothSides) {
  begin({.ttft_ms = 100, .itl_ms = 10, .jitter = 0.5, .slots = 100});
  for (int i = 0; i < 20; ++i) add(50, std::string(static_cast<std::size_t>(i), 'x'));
  run();
  std::vector<double> firsts, all;
  for (std::size_t i = 0; i < times_.size(); ++i) {
    firsts.push_back(times_[i][0]);
    for (const double gap : gaps(i)) all.push_back(gap);
  }
  EXPECT_THAT(firsts, ::testing::Each(::testing::AllOf(::testing::Ge(50), ::testing::Le(150))));
  EXPECT_THAT(all, ::testing::Each(::testing::AllOf(::testing::Ge(4.999), ::testing::Le(15.001))));
  EXPECT_THAT(firsts, ::testing::Contains(::testing::Lt(90)));
  EXPECT_THAT(firsts, ::testing::Contains(::testing::Gt(110)));
  EXPECT_THAT(all, ::testing::Contains(::testing::Lt(6)));
  EXPECT_THAT(all, ::testing::Contains(::testing::Gt(14)));
  double sum = 0;
  for (const double gap : all) sum += gap;
  EXPECT_NEAR(sum / static_cast<double>(all.size()), 10, 0.5);
}

TEST_F(TokenScheduleTest, TheSeedDecidesTheJitter) {
  const auto gaps_with = [this](std::uint64_t seed) {
    begin({.ttft_ms = 20, .itl_ms = 10, .jitter = 1, .seed = seed});
    const std::size_t request = add(20);
    run();
    return gaps(request);
  };
  const auto once = gaps_with(1), again = gaps_with(1), other = gaps_with(2);
  for (std::size_t i = 0; i < once.size(); ++i) EXPECT_NEAR(once[i], again[i], 1e-5);
  EXPECT_NE(once, other);
}

TEST_F(TokenScheduleTest, ACancelledRequestYieldsNoMore) {
  begin({.ttft_ms = 20, .itl_ms = 5, .slots = 1});
  add(9);
  add(9);
  now_ += milliseconds(20);
  schedule_->emit_due(now_);
  EXPECT_TRUE(schedule_->cancel(2)) << "it waited";
  EXPECT_FALSE(schedule_->cancel(1));
  run();
  EXPECT_EQ(times_[0].size(), 1u);
  EXPECT_TRUE(times_[1].empty());
  EXPECT_EQ(sinks_[0]->wait().reason, FinishReason::Cancelled);
  EXPECT_EQ(schedule_->load().running, 0u);
}

}  // namespace
}  // namespace manta::engines::sim
