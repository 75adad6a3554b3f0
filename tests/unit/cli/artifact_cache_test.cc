#include "cli/artifact_cache.h"

#include <gmock/gmock.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <thread>
#include <vector>

#include "codec/sha256.h"

namespace manta::cli {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

const std::string kCode = "code of an application";
const std::string kHash = codec::sha256_hex(kCode);

class ArtifactCacheTest : public ::testing::Test {
 protected:
  ArtifactCacheTest() {
    std::string name = "/tmp/manta-cache-XXXXXX";
    folder = ::mkdtemp(name.data());
  }
  ~ArtifactCacheTest() override { fs::remove_all(folder); }

  ArtifactCache::Fetch gives(const std::string& content) {
    return [this, content](const std::string& path) {
      ++fetches;
      std::ofstream(path) << content;
      return Result<void>();
    };
  }
  static std::string read(const std::string& path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  std::string folder;
  int fetches = 0;
};

TEST_F(ArtifactCacheTest, IsFetchedOnceAndCanBeExecuted) {
  const ArtifactCache cache(folder + "/new/artifacts");
  const auto path = cache.get(kHash, "libapp.so", gives(kCode));
  ASSERT_TRUE(path) << path.error().message;
  EXPECT_EQ(*path, folder + "/new/artifacts/" + kHash + "/libapp.so");
  EXPECT_EQ(read(*path), kCode);
  EXPECT_EQ(fs::status(*path).permissions(), fs::perms::owner_all);
  EXPECT_EQ(cache.get(kHash, "libapp.so", gives("another")), path);
  EXPECT_EQ(fetches, 1);
}

TEST_F(ArtifactCacheTest, AnotherContentIsRefusedAndNothingIsKept) {
  const ArtifactCache cache(folder);
  const auto path = cache.get(kHash, "libapp.so", gives("code of somebody else"));
  ASSERT_FALSE(path);
  EXPECT_THAT(path.error().message, HasSubstr(codec::sha256_hex("code of somebody else")));
  EXPECT_FALSE(fs::exists(folder + "/" + kHash + "/libapp.so"));
  EXPECT_FALSE(fs::exists(folder + "/" + kHash + ".half"));
  EXPECT_TRUE(cache.get(kHash, "libapp.so", gives(kCode))) << "a later try may do better";
}

TEST_F(ArtifactCacheTest, ADamagedCopyIsFetchedAgain) {
  const ArtifactCache cache(folder);
  const auto path = cache.get(kHash, "libapp.so", gives(kCode));
  ASSERT_TRUE(path);
  std::ofstream(*path, std::ios::app) << "!";
  EXPECT_EQ(cache.get(kHash, "libapp.so", gives(kCode)), path);
  EXPECT_EQ(read(*path), kCode);
  EXPECT_EQ(fetches, 2);
}

TEST_F(ArtifactCacheTest, WhoComesMeanwhileWaitsForTheSameFetch) {
  std::vector<std::thread> replicas;
  std::vector<Result<std::string>> paths(8, fail(ErrorCode::Internal, "not asked"));
  for (auto& path : paths)
    replicas.emplace_back([&] { path = ArtifactCache(folder).get(kHash, "libapp.so", gives(kCode)); });
  for (std::thread& replica : replicas) replica.join();
  EXPECT_EQ(fetches, 1) << "counted under the lock of the cache";
  for (const auto& path : paths) {
    ASSERT_TRUE(path);
    EXPECT_EQ(read(*path), kCode);
  }
}

TEST_F(ArtifactCacheTest, WhatNobodyUsedForAWeekGoes) {
  const ArtifactCache cache(folder);
  const std::string other = codec::sha256_hex("other"), recent = codec::sha256_hex("recent");
  ASSERT_TRUE(cache.get(other, "a.so", gives("other")));
  ASSERT_TRUE(cache.get(recent, "b.so", gives("recent")));
  fs::last_write_time(folder + "/" + other, fs::file_time_type::clock::now() - std::chrono::hours(24 * 8));
  ASSERT_TRUE(cache.get(kHash, "c.so", gives(kCode)));
  EXPECT_FALSE(fs::exists(folder + "/" + other));
  EXPECT_TRUE(fs::exists(folder + "/" + recent));
}

TEST_F(ArtifactCacheTest, AFailedFetchSaysWhy) {
  const auto path = ArtifactCache(folder).get(kHash, "a.so", [](const std::string&) -> Result<void> {
    return fail(ErrorCode::Unavailable, "the controller is away");
  });
  ASSERT_FALSE(path);
  EXPECT_EQ(path.error().message, "the controller is away");
}

}  // namespace
}  // namespace manta::cli
