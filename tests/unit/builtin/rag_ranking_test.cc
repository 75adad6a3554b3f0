#include "ranking.h"

#include <gmock/gmock.h>

namespace rag {
namespace {

using testing::DoubleEq;
using testing::Each;
using testing::ElementsAre;
using testing::Gt;
using testing::IsEmpty;
using testing::SizeIs;

TEST(RagWordScoresTest, ATextWithTheWordsOfTheQueryScoresMore) {
  const auto scores = word_scores("When does the epoch rise?", {"Snapshots are sent.", "The EPOCH rises."});
  EXPECT_EQ(scores[0], 0);
  EXPECT_GT(scores[1], 0);
}

TEST(RagWordScoresTest, ARareWordSaysMoreThanACommonOne) {
  const auto scores = word_scores("replica grant", {"a replica", "a grant", "one replica", "some replica"});
  EXPECT_THAT(scores[1], Gt(scores[0]));
}

TEST(RagWordScoresTest, AWordInAShortTextSaysMoreThanInALongOne) {
  const auto scores = word_scores("grant", {"the grant of all those things that nobody has asked about", "a grant"});
  EXPECT_THAT(scores[1], Gt(scores[0]));
}

TEST(RagWordScoresTest, NothingInCommonIsZero) {
  EXPECT_THAT(word_scores("?!", {"a", "", "b"}), ElementsAre(0, 0, 0));
  EXPECT_THAT(word_scores("a", {"", ""}), Each(0));
  EXPECT_THAT(word_scores("a", {}), IsEmpty());
}

TEST(RagFusedTest, FirstInEveryVoteIsOne) {
  const auto scores = fused({{{3, 1, 2}}, {{0.9, 0.1, 0.5}, 0.5}});
  EXPECT_THAT(scores[0], DoubleEq(1));
  EXPECT_THAT(scores[0], Gt(scores[2]));
  EXPECT_THAT(scores[2], Gt(scores[1]));
}

TEST(RagFusedTest, OnlyRanksCount) { EXPECT_EQ(fused({{{3, 1, 2}}}), fused({{{300, -1, 0}}})); }

TEST(RagFusedTest, TheHeavierVoteWins) {
  const auto scores = fused({{{1, 0}}, {{0, 1}, 0.5}});
  EXPECT_THAT(scores[0], Gt(scores[1]));
}

TEST(RagFusedTest, NoVotesAndNoCandidatesAreNoScores) {
  EXPECT_THAT(fused({}), IsEmpty());
  EXPECT_THAT(fused({{{}}}), IsEmpty());
}

TEST(RagBestOfTest, TheBestComeFirstAndEqualOnesInTheirOrder) {
  EXPECT_THAT(best_of({1, 3, 1, 2}, 3), ElementsAre(1, 3, 0));
  EXPECT_THAT(best_of({1}, 10), SizeIs(1));
}

}  // namespace
}  // namespace rag
