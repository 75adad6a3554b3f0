#include "sentences.h"

#include <gmock/gmock.h>

namespace rag {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(RagSentencesTest, AParagraphIsCutBehindItsSentencesWhateverItsLines) {
  EXPECT_THAT(sentences("One is\nfirst. Is two second? Yes!\n"),
              ElementsAre("One is first.", "Is two second?", "Yes!"));
}

TEST(RagSentencesTest, ANumberOrANameIsNotCut) {
  EXPECT_THAT(sentences("It takes 1.5 ms in router.cc today"), ElementsAre("It takes 1.5 ms in router.cc today"));
}

TEST(RagSentencesTest, ParagraphsAndItemsOfAListAreApart) {
  EXPECT_THAT(sentences("first\n\nsecond\n- third\n  goes on\n* fourth\n12. fifth\n"),
              ElementsAre("first", "second", "- third goes on", "* fourth", "12. fifth"));
}

TEST(RagSentencesTest, ARowOfATableIsASentence) {
  EXPECT_THAT(sentences("| need | choice |\n|---|---|\n| JSON | simdjson. Fast |\n"),
              ElementsAre("need choice", "JSON simdjson. Fast"));
}

TEST(RagSentencesTest, ABlockOfCodeIsASentence) {
  EXPECT_THAT(sentences("Run this:\n```sh\nmake. run\n\n- x\n```\nThen wait."),
              ElementsAre("Run this:", "make. run - x", "Then wait."));
}

TEST(RagSentencesTest, LettersOfAllScriptsCountAndBareMarksDoNot) {
  EXPECT_THAT(sentences("---\n\n\xe6\x96\x87\n\n***\n"), ElementsAre("\xe6\x96\x87"));
  EXPECT_THAT(sentences(""), IsEmpty());
}

}  // namespace
}  // namespace rag
