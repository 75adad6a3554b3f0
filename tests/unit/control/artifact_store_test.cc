#include "control/artifact_store.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

namespace manta::control {
namespace {

class ArtifactStoreTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = "/tmp/manta-artifacts-XXXXXX";
    folder = ::mkdtemp(name.data());
    source = folder + "/libapp.so";
    write("version one");
  }
  void TearDown() override { std::filesystem::remove_all(folder); }
  void write(const std::string& text) { std::ofstream(source) << text; }
  static std::string content(const std::string& path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  ArtifactRef library() const { return {.kind = "library", .source = source, .function = "build"}; }

  std::string folder, source;
};

TEST_F(ArtifactStoreTest, OverwritingTheOriginalChangesNothing) {
  ArtifactStore store(folder + "/artifacts");
  const auto first = store.add(library());
  ASSERT_TRUE(first) << first.error().message;
  write("version two");
  EXPECT_EQ(content(first->path), "version one");
  const auto second = store.add(library());
  EXPECT_NE(first->sha256, second->sha256);
  EXPECT_EQ(content(first->path), "version one");
  EXPECT_EQ(content(second->path), "version two");
}

TEST_F(ArtifactStoreTest, TheSameContentIsKeptOnce) {
  ArtifactStore store(folder + "/artifacts");
  EXPECT_EQ(store.add(library())->path, store.add(library())->path);
}

TEST_F(ArtifactStoreTest, AMissingFileIsNamed) {
  ArtifactStore store(folder + "/artifacts");
  const auto missing = store.add({.kind = "library", .source = folder + "/none.so"});
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, ErrorCode::NotFound);
  EXPECT_EQ(missing.error().message, folder + "/none.so: No such file or directory");
}

TEST_F(ArtifactStoreTest, IsFoundByItsHashAndByNothingElse) {
  ArtifactStore store(folder + "/artifacts");
  const auto kept = store.add(library());
  ASSERT_TRUE(kept);
  EXPECT_EQ(store.find(kept->sha256), kept->path);
  const std::string unknown(64, '0');
  for (const std::string& name : {unknown, std::string(), std::string(".."), "../artifacts/" + kept->sha256,
                                  kept->sha256 + "/libapp.so", kept->sha256.substr(0, 63)}) {
    const auto found = store.find(name);
    ASSERT_FALSE(found) << name;
    EXPECT_EQ(found.error().code, ErrorCode::NotFound);
  }
}

TEST_F(ArtifactStoreTest, KeepsOnlyWhatIsNamed) {
  ArtifactStore store(folder + "/artifacts");
  const auto first = store.add(library());
  write("version two");
  const auto second = store.add(library());
  store.keep_only({second->sha256});
  EXPECT_FALSE(std::filesystem::exists(first->path));
  EXPECT_TRUE(std::filesystem::exists(second->path));
}

}  // namespace
}  // namespace manta::control
