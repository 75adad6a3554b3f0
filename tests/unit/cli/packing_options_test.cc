#include "cli/packing_options.h"

#include <gtest/gtest.h>

namespace manta::cli {
namespace {

using std::chrono::seconds;

TEST(PackingOptionsTest, AreOffAndHaveRayServesTimesUnlessSaidOtherwise) {
  const auto packing = packing_options(Environment(std::vector<std::string>{}));
  EXPECT_FALSE(packing.packs_nodes);
  EXPECT_EQ(packing.delay, seconds(300));
  EXPECT_EQ(packing.timeout, seconds(1800));
  EXPECT_EQ(packing.most_backoff, seconds(3600));
}

TEST(PackingOptionsTest, AreReadByRayServesNamesAndByOursFirst) {
  const auto packing =
      packing_options(Environment({"RAY_SERVE_USE_PACK_SCHEDULING_STRATEGY=1", "RAY_SERVE_NODE_COMPACTION_DELAY_S=60",
                                   "RAY_SERVE_COMPACTION_TIMEOUT_S=7", "MANTA_COMPACTION_TIMEOUT_S=90",
                                   "RAY_SERVE_COMPACTION_MAX_BACKOFF_TIME_S=5"}));
  EXPECT_TRUE(packing.packs_nodes);
  EXPECT_EQ(packing.delay, seconds(60));
  EXPECT_EQ(packing.timeout, seconds(90));
  EXPECT_EQ(packing.most_backoff, seconds(5));
  EXPECT_FALSE(
      packing_options(Environment({"RAY_SERVE_USE_PACK_SCHEDULING_STRATEGY=1", "MANTA_USE_PACK_SCHEDULING_STRATEGY=0"}))
          .packs_nodes);
}

TEST(PackingOptionsTest, WhatIsNoTimeCountsAsNotGiven) {
  const auto packing =
      packing_options(Environment({"MANTA_NODE_COMPACTION_DELAY_S=soon", "MANTA_COMPACTION_TIMEOUT_S=-1",
                                   "MANTA_USE_PACK_SCHEDULING_STRATEGY=yes"}));
  EXPECT_EQ(packing.delay, seconds(300));
  EXPECT_EQ(packing.timeout, seconds(1800));
  EXPECT_FALSE(packing.packs_nodes);
}

}  // namespace
}  // namespace manta::cli
