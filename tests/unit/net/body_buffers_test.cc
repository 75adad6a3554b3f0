#include "net/body_buffers.h"

#include <gtest/gtest.h>

namespace manta::net {
namespace {

constexpr std::size_t kMegabyte = std::size_t{1} << 20;

class BodyBuffersTest : public ::testing::Test {
 protected:
  // Where a body of this size that came now would be, and is then dropped.
  const char* place(std::size_t size) {
    std::string body;
    buffers->reserve(body, size);
    body.resize(size);
    return buffers->share(std::move(body))->data();
  }
  void pass(Duration time) {
    clock.advance(time);
    loop.poll();
  }

  VirtualClock clock;
  Loop loop{clock};
  std::unique_ptr<BodyBuffers> buffers = std::make_unique<BodyBuffers>(loop);
};

TEST_F(BodyBuffersTest, TheMemoryOfALargeBodyIsThatOfTheNext) {
  const char* const first = place(kMegabyte);
  EXPECT_EQ(place(kMegabyte), first);
  EXPECT_EQ(place(kMegabyte / 2), first) << "also if that is somewhat smaller";
}

TEST_F(BodyBuffersTest, ABodyThatIsSharedKeepsItsMemory) {
  std::string body(kMegabyte, 'x');
  const auto shared = buffers->share(std::move(body));
  EXPECT_EQ(buffers->kept_bytes(), 0U);
  place(kMegabyte);
  EXPECT_EQ(*shared, std::string(kMegabyte, 'x'));
}

TEST_F(BodyBuffersTest, WhatHasComeIsKeptWhenTheRestNeedsRoom) {
  place(4 * kMegabyte);
  std::string body = "the beginning";
  buffers->reserve(body, 2 * kMegabyte);
  EXPECT_EQ(body, "the beginning");
  EXPECT_GE(body.capacity(), 4 * kMegabyte);
}

TEST_F(BodyBuffersTest, SmallBodiesGetNoLargeMemory) {
  place(8 * kMegabyte);
  std::string small, middle;
  buffers->reserve(small, BodyBuffers::kLeast - 1);
  EXPECT_LT(small.capacity(), kMegabyte);
  buffers->reserve(middle, kMegabyte);
  EXPECT_LT(middle.capacity(), 2 * kMegabyte);
}

TEST_F(BodyBuffersTest, OnlySoMuchIsKept) {
  std::vector<std::shared_ptr<const std::string>> bodies;
  for (int i = 0; i < 5; ++i) bodies.push_back(buffers->share(std::string(BodyBuffers::kMost / 4, 'x')));
  bodies.clear();
  EXPECT_GT(buffers->kept_bytes(), BodyBuffers::kMost / 2);
  EXPECT_LE(buffers->kept_bytes(), BodyBuffers::kMost);
}

TEST_F(BodyBuffersTest, WhatNobodyWantsIsGivenBack) {
  place(kMegabyte);
  pass(BodyBuffers::kKept);
  EXPECT_GE(buffers->kept_bytes(), kMegabyte) << "it has been wanted since the last look";
  place(kMegabyte);
  pass(BodyBuffers::kKept);
  EXPECT_GE(buffers->kept_bytes(), kMegabyte);
  pass(BodyBuffers::kKept);
  EXPECT_EQ(buffers->kept_bytes(), 0U);
  EXPECT_FALSE(loop.next_deadline()) << "at rest nothing is looked at";
}

TEST_F(BodyBuffersTest, BodiesMayOutliveIt) {
  const auto shared = buffers->share(std::string(kMegabyte, 'x'));
  buffers.reset();
  EXPECT_EQ(shared->size(), kMegabyte);
}

}  // namespace
}  // namespace manta::net
