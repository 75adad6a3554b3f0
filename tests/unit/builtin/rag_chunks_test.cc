#include "chunks.h"

#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>

#include <manta/error.h>

namespace rag {
namespace {

using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::SizeIs;
using ::testing::StartsWith;

std::vector<std::string> texts_of(std::string_view text, std::size_t max_characters = 1200) {
  std::vector<std::string> texts;
  for (const Chunk& chunk : cut("d.md", text, max_characters)) texts.push_back(chunk.text);
  return texts;
}

class RagFolderTest : public ::testing::Test {
 protected:
  RagFolderTest()
      : folder_(::testing::TempDir() + "/rag_docs_" + ::testing::UnitTest::GetInstance()->current_test_info()->name()) {
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_ + "/sub");
  }
  void put(const std::string& name, const std::string& text) {
    std::ofstream(folder_ + "/" + name, std::ios::binary) << text;
  }

  std::string folder_;
};

TEST(RagCutTest, APassageBeginsWithTheHeadingsAboveIt) {
  EXPECT_THAT(texts_of("# A\none\n## B\ntwo\n# C\nthree\n"), ElementsAre("A\none\n", "A > B\ntwo\n", "C\nthree\n"));
}

TEST(RagCutTest, EachSentenceKnowsTheHeadingsAboveIt) {
  EXPECT_THAT(cut("d.md", "# A\n## B\nOne. Two.\n").at(0).sentences, ElementsAre("A > B: One.", "A > B: Two."));
}

TEST(RagCutTest, WhatHasNoWordsMakesNoPassage) { EXPECT_THAT(texts_of("# A\n---\n"), SizeIs(0)); }

TEST(RagCutTest, AHeadingWithoutTextMakesNoPassage) { EXPECT_THAT(texts_of("# A\n\n## B\n\n"), SizeIs(0)); }

TEST(RagCutTest, ParagraphsThatFitStayTogether) { EXPECT_THAT(texts_of("one\n\ntwo\n"), ElementsAre("one\n\ntwo\n")); }

TEST(RagCutTest, ParagraphsThatDoNotFitAreApart) {
  EXPECT_THAT(texts_of("first words\n\nother words\n", 16), ElementsAre("first words\n", "other words\n"));
}

TEST(RagCutTest, ALongParagraphIsCutBetweenSentences) {
  EXPECT_THAT(texts_of("One two three. Four five six. Seven.\n", 20),
              ElementsAre("One two three. ", "Four five six. ", "Seven.\n"));
}

TEST(RagCutTest, NothingIsLostAndNothingIsTooLong) {
  std::string text;
  for (int i = 0; i < 500; ++i) text += "word" + std::to_string(i) + (i % 17 == 0 ? ".\n\n" : " ");
  std::string joined;
  for (const std::string& chunk : texts_of(text, 100)) {
    EXPECT_LE(chunk.size(), 100u);
    joined += chunk;
  }
  for (int i = 0; i < 500; ++i) EXPECT_THAT(joined, HasSubstr("word" + std::to_string(i)));
}

TEST(RagCutTest, ACharacterIsNeverCut) {
  std::string text;
  for (int i = 0; i < 60; ++i) text += "\xe6\x96\x87";  // three bytes each, no space
  for (const std::string& chunk : texts_of(text, 50)) EXPECT_EQ(chunk.size() % 3, chunk.ends_with("\n") ? 1u : 0u);
}

TEST(RagCutTest, ACommentInCodeIsNoHeading) {
  EXPECT_THAT(texts_of("# A\n```\n# not a heading\n```\n"), ElementsAre("A\n```\n# not a heading\n```\n"));
}

TEST_F(RagFolderTest, ReadsMarkdownAndTextInOrderOfTheirNames) {
  put("b.md", "bee\n");
  put("a.txt", "ay\n");
  put("sub/c.md", "see\n");
  put("d.png", "not text");
  const auto chunks = read_folder(folder_);
  EXPECT_THAT(chunks, ElementsAre(Field(&Chunk::document, "a.txt"), Field(&Chunk::document, "b.md"),
                                  Field(&Chunk::document, "sub/c.md")));
}

TEST_F(RagFolderTest, LeavesOutWhatIsNotUtf8) {
  put("a.md", "caf\xe9\n");
  put("b.md", "caf\xc3\xa9\n");
  EXPECT_THAT(read_folder(folder_), ElementsAre(Field(&Chunk::document, "b.md")));
}

TEST_F(RagFolderTest, AnEmptyOrMissingFolderIsAnErrorThatNamesIt) {
  for (const std::string& folder : {folder_, folder_ + "/nowhere"}) {
    try {
      read_folder(folder);
      FAIL();
    } catch (const manta::Exception& exception) {
      EXPECT_THAT(exception.what(), HasSubstr(folder));
      EXPECT_THAT(exception.what(), EndsWith("set RAG_DOCS"));
    }
  }
}

}  // namespace
}  // namespace rag
