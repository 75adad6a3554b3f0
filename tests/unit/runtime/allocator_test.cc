#include "runtime/allocator.h"

#include <gtest/gtest.h>

namespace manta::runtime {
namespace {

TEST(AllocatorTunablesTest, AreAddedToWhatIsGiven) {
  EXPECT_EQ(allocator_tunables(""), "glibc.malloc.tcache_count=512");
  EXPECT_EQ(allocator_tunables("glibc.malloc.arena_max=2"), "glibc.malloc.arena_max=2:glibc.malloc.tcache_count=512");
}

TEST(AllocatorTunablesTest, ANumberThatIsGivenStays) {
  EXPECT_EQ(allocator_tunables("glibc.malloc.tcache_count=0"), "glibc.malloc.tcache_count=0");
}

}  // namespace
}  // namespace manta::runtime
