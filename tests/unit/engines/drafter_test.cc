#include "engines/generation/drafter.h"

#include <gtest/gtest.h>

#include <numeric>

namespace manta::engines {
namespace {

const StepCost kUnmeasured(16);

// Lets `drafter` see that `text` goes on with `next`, and returns how many tokens it drafted before that.
std::size_t go_on(Drafter& drafter, std::vector<Token>& text, Token next) {
  const std::size_t drafted = drafter.propose(text, 8, kUnmeasured, 1).size();
  drafter.sampled(next);
  text.push_back(next);
  return drafted;
}

std::vector<Token> source(std::size_t count) {
  std::vector<Token> text(count);
  std::iota(text.begin(), text.end(), 1000);
  return text;
}

TEST(AcceptanceRatesTest, LongMatchesAreTrustedFirst) {
  const AcceptanceRates rates;
  EXPECT_LT(rates.of(2), 0.5);
  EXPECT_LT(rates.of(3), rates.of(4));
  EXPECT_LT(rates.of(7), rates.of(8));
  EXPECT_GT(rates.of(16), 0.9);
  EXPECT_DOUBLE_EQ(rates.of(16), rates.of(400));
}

TEST(AcceptanceRatesTest, OutcomesCountForTheirLengthOnlyAndFade) {
  AcceptanceRates rates;
  const double others = rates.of(2);
  for (int i = 0; i < 100; ++i) rates.record(5, true);
  EXPECT_GT(rates.of(6), 0.93);
  EXPECT_DOUBLE_EQ(rates.of(2), others);
  for (int i = 0; i < 100; ++i) rates.record(5, false);
  EXPECT_LT(rates.of(6), 0.2);
}

TEST(DrafterTest, DraftsNothingWithoutAMatch) {
  Drafter drafter;
  std::vector<Token> text = source(50);
  for (Token next = 1; next < 50; ++next) EXPECT_EQ(go_on(drafter, text, next), 0U);
}

TEST(DrafterTest, AQuotationIsDraftedOnceItHasGoneOnForAWhile) {
  Drafter drafter;
  std::vector<Token> text = source(100);
  std::size_t first = 0, drafted = 0;
  for (std::size_t i = 0; i < 40; ++i) {
    const std::size_t now = go_on(drafter, text, static_cast<Token>(1020 + i));
    drafted += now;
    if (now > 0 && first == 0) first = i;
  }
  EXPECT_GE(first, 4U);
  EXPECT_LE(first, 20U);
  EXPECT_GT(drafted, 100U);
}

TEST(DrafterTest, WrongDraftsShrinkToNothingAndComeBack) {
  Drafter drafter;
  std::vector<Token> text;
  // Each block repeats 20 tokens and then goes on otherwise: the match is long, and always wrong in the end.
  const auto block = [&](Token last) {
    std::size_t drafted = 0;
    for (Token next = 0; next < 20; ++next) go_on(drafter, text, next);
    for (Token miss = 0; miss < 4; ++miss) {
      for (Token next = 100; next < 118; ++next) text.push_back(next);
      drafted += go_on(drafter, text, last + miss);
    }
    return drafted;
  };
  block(5000);
  for (Token last = 6000; last < 6100; last += 10) block(last);
  EXPECT_EQ(block(7000), 0U);
  // Right again, seen without being computed.
  std::size_t drafted = 0;
  for (Token next = 0; next < 30; ++next) text.push_back(200 + next);
  for (int round = 0; round < 3; ++round)
    for (Token next = 0; next < 30; ++next) drafted += go_on(drafter, text, 200 + next);
  EXPECT_GT(drafted, 0U);
}

TEST(DrafterTest, NeverDraftsMoreThanAsked) {
  Drafter drafter;
  std::vector<Token> text(64, 7);
  for (int i = 0; i < 40; ++i) go_on(drafter, text, 7);
  EXPECT_LE(drafter.propose(text, 5, kUnmeasured, 1).size(), 5U);
  EXPECT_GT(drafter.propose(text, 5, kUnmeasured, 1).size(), 0U);
  EXPECT_TRUE(drafter.propose(text, 0, kUnmeasured, 1).empty());
}

}  // namespace
}  // namespace manta::engines
