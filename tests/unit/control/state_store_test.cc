#include "control/state_store.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace manta::control {
namespace {

class StateStoreTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = "/tmp/manta-store-XXXXXX";
    folder = ::mkdtemp(name.data());
    path = folder + "/state.db";
  }
  void TearDown() override { std::filesystem::remove_all(folder); }

  static ApplicationRecord record(const std::string& name, const std::string& artifact, double at) {
    ApplicationRecord record{
        .name = name, .route_prefix = "/" + name, .artifact = {.sha256 = artifact}, .deployed_at_s = at};
    record.graph.nodes.push_back({.name = "D", .config = {.num_replicas = 3}});
    return record;
  }

  std::string folder, path;
};

TEST_F(StateStoreTest, TheEpochRisesAtEachOpen) {
  EXPECT_EQ((*StateStore::open(path))->epoch(), 1u);
  EXPECT_EQ((*StateStore::open(path))->epoch(), 2u);
}

TEST_F(StateStoreTest, ApplicationsSurvive) {
  const auto rag = record("rag", "aa", 1);
  ASSERT_TRUE((*StateStore::open(path))->replace_applications({rag}));
  const auto read = (*StateStore::open(path))->applications();
  ASSERT_TRUE(read) << read.error().message;
  ASSERT_EQ(read->size(), 1u);
  EXPECT_EQ(read->front(), rag);
}

TEST_F(StateStoreTest, ReplacingForgetsWhatIsNotNamed) {
  auto store = std::move(*StateStore::open(path));
  ASSERT_TRUE(store->replace_applications({record("a", "aa", 1), record("b", "bb", 1)}));
  ASSERT_TRUE(store->replace_applications({record("b", "cc", 2)}));
  EXPECT_EQ(store->applications()->front().name, "b");
  EXPECT_EQ(*store->named_artifacts(), (std::set<std::string>{"bb", "cc"})) << "the history keeps the one before";
}

TEST_F(StateStoreTest, TheHistoryIsBounded) {
  auto store = std::move(*StateStore::open(path));
  for (int i = 0; i < 15; ++i)
    ASSERT_TRUE(store->replace_applications({record("a", "artifact" + std::to_string(i), i)}));
  EXPECT_EQ(store->named_artifacts()->size(), 10u);
}

TEST_F(StateStoreTest, ASecondControllerIsRefused) {
  const auto first = StateStore::open(path);
  ASSERT_TRUE(first);
  const auto second = StateStore::open(path);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::Unavailable);
  EXPECT_NE(second.error().message.find("held by another controller"), std::string::npos);
}

TEST_F(StateStoreTest, AForeignFileIsRefusedWithItsName) {
  std::ofstream(path) << "this is not a database, whatever its name says, and it is long enough to have a header";
  const auto opened = StateStore::open(path);
  ASSERT_FALSE(opened);
  EXPECT_NE(opened.error().message.find(path), std::string::npos);
}

}  // namespace
}  // namespace manta::control
