#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>

#include "rag.h"
#include "vector_index.h"

namespace rag {
namespace {

using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;

std::string empty_folder(const std::string& name) {
  const std::string folder = ::testing::TempDir() + "/" + name;
  std::filesystem::remove_all(folder);
  return folder;
}

std::vector<std::size_t> passages_of(const std::vector<VectorIndex::Hit>& hits) {
  std::vector<std::size_t> passages;
  for (const auto& hit : hits) passages.push_back(hit.passage);
  return passages;
}

TEST(VectorIndexTest, TheNearestComeFirst) {
  VectorIndex index;
  index.add(std::vector<float>{1, 0}, 0);
  index.add(std::vector<float>{0, 1}, 1);
  index.add(std::vector<float>{0.6F, 0.8F}, 2);
  const auto hits = index.search(std::vector<float>{0, 1}, 2);
  EXPECT_THAT(passages_of(hits), ElementsAre(1, 2));
  EXPECT_NEAR(hits[1].score, 0.8, 1e-6);
}

TEST(VectorIndexTest, EqualOnesComeInTheirOrderAndNoMoreThanThereAre) {
  VectorIndex index;
  for (int i = 0; i < 3; ++i) index.add(std::vector<float>{1, 0}, static_cast<std::size_t>(i));
  EXPECT_THAT(passages_of(index.search(std::vector<float>{1, 0}, 10)), ElementsAre(0, 1, 2));
}

TEST(VectorIndexTest, APassageIsAsNearAsItsNearestPart) {
  VectorIndex index;
  index.add(std::vector<float>{0.6F, 0.8F}, 0);
  index.add(std::vector<float>{1, 0}, 1);
  index.add(std::vector<float>{0, 1}, 1);
  const auto hits = index.search(std::vector<float>{0, 1}, 2);
  EXPECT_THAT(passages_of(hits), ElementsAre(1, 0));
  EXPECT_EQ(hits[0].part, 1u);
  EXPECT_EQ(hits[0].score, 1);
}

TEST(VectorIndexTest, AnEmptyIndexFindsNothing) {
  EXPECT_TRUE(VectorIndex().search(std::vector<float>{1, 0}, 3).empty());
}

TEST(VectorCacheTest, FindsAfterAStartWhatItSaved) {
  const std::string folder = empty_folder("vector_cache_saved");
  VectorCache cache(folder, "model");
  cache.put("b", {1, 2});
  cache.put("a", {3});
  cache.save();
  const VectorCache next(folder, "model");
  ASSERT_NE(next.find("a"), nullptr);
  EXPECT_THAT(*next.find("b"), ElementsAre(1, 2));
  EXPECT_EQ(next.find("c"), nullptr);
}

TEST(VectorCacheTest, VectorsOfAnotherModelAreNotReused) {
  const std::string folder = empty_folder("vector_cache_model");
  VectorCache cache(folder, "model");
  cache.put("a", {1});
  cache.save();
  EXPECT_EQ(VectorCache(folder, "other").find("a"), nullptr);
}

TEST(VectorCacheTest, ADamagedFileIsNoMoreThanACacheWithLess) {
  const std::string folder = empty_folder("vector_cache_damaged");
  VectorCache cache(folder, "model");
  cache.put("a", {1, 2, 3});
  cache.save();
  for (const auto& entry : std::filesystem::directory_iterator(folder)) std::filesystem::resize_file(entry.path(), 15);
  EXPECT_EQ(VectorCache(folder, "model").find("a"), nullptr);
}

TEST(RagPromptTest, NumbersTheSourcesAndAsksTheQuestion) {
  const auto request = prompt({.query = "Why?", .max_tokens = 9}, {{"first", "a.md", 1}, {"second", "b.md", 0.5}});
  EXPECT_EQ(request.max_tokens, 9);
  ASSERT_EQ(request.messages.size(), 1u);
  EXPECT_THAT(request.messages[0].content, HasSubstr("[1] (a.md) first"));
  EXPECT_THAT(request.messages[0].content, HasSubstr("[2] (b.md) second"));
  EXPECT_THAT(request.messages[0].content, EndsWith("answer this question briefly: Why?"));
}

TEST(RagPromptTest, LongSourcesAreShortenedToFitTheContext) {
  const std::vector<Passage> sources(10, {std::string(100'000, 'x'), "a.md", 1});
  EXPECT_LT(prompt({.query = std::string(100'000, 'q')}, sources).messages.front().content.size(), 7000u);
}

TEST(RagQuestionTest, SaysWhatIsWrongWithIt) {
  EXPECT_THROW(Search{}.validate(), manta::Exception);
  EXPECT_THROW(Question{}.validate(), manta::Exception);
  EXPECT_THROW((Question{.query = "q", .top_k = 11}.validate()), manta::Exception);
  EXPECT_THROW((Question{.query = "q", .max_tokens = 0}.validate()), manta::Exception);
  EXPECT_NO_THROW(Question{.query = "q"}.validate());
}

}  // namespace
}  // namespace rag
