#include <gtest/gtest.h>
#include <manta/detail/block_pool.h>

#include <cstdint>
#include <cstring>
#include <thread>
#include <vector>

namespace manta::detail {
namespace {

#ifndef __has_feature
#define __has_feature(feature) 0
#endif
constexpr bool kKeeps = !__has_feature(address_sanitizer);

TEST(BlockPoolTest, ABlockServesTheNextOfItsSize) {
  if (!kKeeps) GTEST_SKIP() << "under the address sanitizer every block is a new one";
  void* const first = take_block(100);
  give_block(first, 100);
  void* const second = take_block(110);
  EXPECT_EQ(first, second);
  give_block(second, 110);
}

// Larger ones than malloc keeps for a thread, which would make it tidy up at each.
TEST(BlockPoolTest, LargeFramesAreKeptToo) {
  if (!kKeeps) GTEST_SKIP() << "under the address sanitizer every block is a new one";
  void* const first = take_block(2560);
  void* const second = take_block(2560);
  give_block(first, 2560);
  give_block(second, 2560);
  EXPECT_EQ(take_block(2560), second);
  EXPECT_EQ(take_block(2560), first);
  give_block(first, 2560);
  give_block(second, 2560);
}

TEST(BlockPoolTest, BlocksInUseAreApart) {
  std::vector<std::pair<unsigned char*, std::size_t>> blocks;
  for (std::size_t bytes = 1; bytes < 5000; bytes += 37) {
    auto* const block = static_cast<unsigned char*>(take_block(bytes));
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(block) % __STDCPP_DEFAULT_NEW_ALIGNMENT__, 0u);
    std::memset(block, static_cast<int>(blocks.size()), bytes);
    blocks.emplace_back(block, bytes);
  }
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    EXPECT_EQ(blocks[i].first[0], static_cast<unsigned char>(i));
    EXPECT_EQ(blocks[i].first[blocks[i].second - 1], static_cast<unsigned char>(i));
    give_block(blocks[i].first, blocks[i].second);
  }
}

TEST(BlockPoolTest, ABlockMayBeFreedByAnotherThread) {
  void* const block = take_block(200);
  std::thread([block] { give_block(block, 200); }).join();
  void* const own = take_block(200);
  EXPECT_NE(own, nullptr);
  give_block(own, 200);
}

// What a thread frees last, after its pool has closed, goes to the heap.
TEST(BlockPoolTest, BlocksAreFreedAtTheVeryEndOfAThread) {
  struct Late {
    void* block = nullptr;
    ~Late() {
      if (block) give_block(block, 300);
    }
  };
  std::thread([] {
    thread_local Late late;
    late.block = take_block(300);  // destroyed after the pool, which is made later
    give_block(take_block(64), 64);
  }).join();
}

TEST(BlockPoolTest, NotMoreThanSomeAreKept) {
  std::vector<void*> blocks;
  for (int i = 0; i < 10'000; ++i) blocks.push_back(take_block(64));
  for (void* const block : blocks) give_block(block, 64);
  for (void*& block : blocks) block = take_block(64);
  for (void* const block : blocks) give_block(block, 64);
}

}  // namespace
}  // namespace manta::detail
