#include "simulate/ledger.h"

#include <gtest/gtest.h>

namespace manta::simulate {
namespace {

class LedgerTest : public ::testing::Test {
 protected:
  VirtualClock clock;
  Findings findings{clock};
  Ledger ledger{findings};
  std::size_t found() const { return findings.all().size(); }
};

Result<void> failed(ErrorCode code) { return fail(code, "why"); }

TEST_F(LedgerTest, AnAnsweredCallIsFine) {
  const CallId call = ledger.begin({});
  ledger.admitted(call);
  ledger.answer_came(call);
  ledger.ended(call, {});
  ledger.check_closed();
  EXPECT_EQ(found(), 0U);
  EXPECT_EQ(ledger.answered(), 1U);
}

TEST_F(LedgerTest, AnOpenCallIsLost) {
  ledger.begin({});
  ledger.check_closed();
  EXPECT_EQ(found(), 1U);
}

TEST_F(LedgerTest, TwoAnswersAndTwoEndsAreFaults) {
  const CallId call = ledger.begin({});
  ledger.admitted(call);
  ledger.answer_came(call);
  ledger.answer_came(call);
  ledger.ended(call, {});
  ledger.ended(call, {});
  EXPECT_EQ(found(), 2U);
}

TEST_F(LedgerTest, OnlyWhatMayRunTwiceDoes) {
  const CallId once = ledger.begin({}), twice = ledger.begin({.may_run_twice = true});
  for (const CallId call : {once, twice}) {
    ledger.admitted(call);
    ledger.admitted(call);
  }
  EXPECT_EQ(found(), 1U);
  ledger.admitted(twice);
  EXPECT_EQ(found(), 2U);
}

TEST_F(LedgerTest, AFailureNeedsItsReason) {
  ledger.ended(ledger.begin({}), failed(ErrorCode::Overloaded));
  ledger.ended(ledger.begin({}), failed(ErrorCode::DeadlineExceeded));
  ledger.ended(ledger.begin({}), failed(ErrorCode::ReplicaDied));
  ledger.ended(ledger.begin({}), failed(ErrorCode::Unavailable));
  ledger.ended(ledger.begin({}), failed(ErrorCode::Internal));
  EXPECT_EQ(found(), 5U);
  ledger.ended(ledger.begin({.may_be_turned_away = true}), failed(ErrorCode::Overloaded));
  ledger.ended(ledger.begin({.has_deadline = true}), failed(ErrorCode::DeadlineExceeded));
  const CallId hit = ledger.begin({});
  ledger.hit(hit);
  ledger.ended(hit, failed(ErrorCode::ReplicaDied));
  ledger.disturb();
  ledger.ended(ledger.begin({}), failed(ErrorCode::Unavailable));
  EXPECT_EQ(found(), 5U);
}

TEST_F(LedgerTest, TheReasonOfACallIsThatOfTheOneThatMadeIt) {
  const CallId outer = ledger.begin({}), inner = ledger.begin({.has_deadline = true}, outer);
  ledger.ended(inner, failed(ErrorCode::DeadlineExceeded));
  ledger.ended(outer, failed(ErrorCode::DeadlineExceeded));
  EXPECT_EQ(found(), 0U);
  EXPECT_EQ(ledger.failures().at("DeadlineExceeded"), 1U);
}

TEST_F(LedgerTest, OnlyTheCallOfACallMayBeDropped) {
  const CallId outer = ledger.begin({}), inner = ledger.begin({}, outer);
  ledger.dropped(inner);
  EXPECT_EQ(found(), 0U);
  ledger.dropped(outer);
  EXPECT_EQ(found(), 1U);
}

}  // namespace
}  // namespace manta::simulate
