#include "api/batch_registry.h"

#include <gtest/gtest.h>

#include <limits>

#include "api/batch_waiting.h"

namespace manta::api {
namespace {

std::shared_ptr<BatchSettings> batcher(std::string name, BatchLimits limits = {}, bool measured = false) {
  return std::make_shared<BatchSettings>(std::move(name), std::move(limits), measured);
}

TEST(BatchRegistryTest, TheConfigurationWinsWhereItSaysSomething) {
  BatchRegistry registry;
  registry.configure({{"embed", {.max_batch_size = 32, .wait = "adaptive"}}});
  const auto embed = batcher("embed", {.max_batch_size = 4, .batch_wait_timeout_s = 0.5, .max_cost = 7});
  registry.add(embed);
  const BatchLimits expected{
      .max_batch_size = 32, .batch_wait_timeout_s = 0.5, .max_cost = 7, .wait = BatchWait::Adaptive};
  EXPECT_EQ(embed->limits(), expected);
  embed->change([](BatchLimits& limits) {
    limits.max_batch_size = 8;
    limits.max_cost = 9;
  });
  EXPECT_EQ(embed->limits().max_batch_size, 32u);
  EXPECT_EQ(embed->limits().max_cost, 9);
  registry.configure({});
  EXPECT_EQ(embed->limits().max_batch_size, 8u) << "what the code said last";
  EXPECT_EQ(embed->limits().wait, BatchWait::Fixed);
}

TEST(BatchRegistryTest, EveryFieldReachesTheBatcher) {
  const BatchingConfig config{.max_batch_size = 2,
                              .batch_wait_timeout_s = 3,
                              .max_concurrent_batches = 4,
                              .max_cost = 5,
                              .wait = "adaptive",
                              .buckets = std::vector<double>{6, 7}};
  const BatchLimits expected{.max_batch_size = 2,
                             .batch_wait_timeout_s = 3,
                             .max_concurrent_batches = 4,
                             .max_cost = 5,
                             .wait = BatchWait::Adaptive,
                             .buckets = {6, 7}};
  EXPECT_EQ(configured({}, config), expected);
  EXPECT_EQ(configured(expected, {}), expected);
  EXPECT_EQ(configured(expected, {.wait = "fixed"}).wait, BatchWait::Fixed);
}

TEST(BatchRegistryTest, AnUnknownNameListsThoseThereAre) {
  BatchRegistry registry;
  const auto one = batcher("embed"), two = batcher("rerank");
  registry.add(one);
  registry.add(two);
  EXPECT_TRUE(registry.check({{"embed", {}}, {"rerank", {}}}));
  const auto unknown = registry.check({{"embd", {}}});
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().code, ErrorCode::InvalidArgument);
  EXPECT_EQ(unknown.error().message,
            "batching: there is no batcher 'embd'; did you mean 'embed'?; it has: embed, rerank");
  EXPECT_NE(BatchRegistry().check({{"x", {}}}).error().message.find("has none"), std::string::npos);
}

TEST(BatchRegistryTest, BucketsNeedSizes) {
  BatchRegistry registry;
  const auto blind = batcher("blind"), measured = batcher("measured", {}, true);
  registry.add(blind);
  registry.add(measured);
  const BatchingConfig buckets{.buckets = std::vector<double>{10}};
  EXPECT_FALSE(registry.check({{"blind", buckets}}));
  EXPECT_TRUE(registry.check({{"measured", buckets}}));
}

TEST(BatchRegistryTest, TheLargestBatchesSayHowManyMustRunAtOnce) {
  BatchRegistry registry;
  EXPECT_EQ(registry.concurrency(), 0);
  const auto small = batcher("small", {.max_batch_size = 8});
  auto large = batcher("large", {.max_batch_size = 16, .max_concurrent_batches = 2});
  const auto endless = batcher("endless", {.max_batch_size = std::numeric_limits<std::size_t>::max()});
  for (const auto& one : {small, large, endless}) registry.add(one);
  EXPECT_EQ(registry.concurrency(), 32);
  large.reset();
  registry.refresh();
  EXPECT_EQ(registry.concurrency(), 8);
  registry.configure({{"small", {.max_batch_size = 64}}});
  EXPECT_EQ(registry.concurrency(), 64);
}

TEST(BatchRegistryTest, BatchersAreToldOfChangesAndOfTheEnd) {
  BatchRegistry registry;
  const auto one = batcher("one");
  int told = 0;
  registry.add(one);
  one->on_change([&] { ++told; });
  registry.configure({{"one", {.max_batch_size = 2}}});
  one->change([](BatchLimits&) {});
  EXPECT_EQ(told, 2);
  EXPECT_FALSE(registry.stopping());
  registry.begin_stop();
  EXPECT_TRUE(registry.stopping());
  EXPECT_EQ(told, 3);
}

struct Sized : detail::BatchItem {
  explicit Sized(double of) { size = of; }
};

TEST(WaitingItemsTest, SortsByBucketAndKeepsTheOrderWhenTheBoundsChange) {
  constexpr TimePoint now{std::chrono::hours(1)};
  WaitingItems waiting;
  const auto group = std::make_shared<BatchGroup>(), other = std::make_shared<BatchGroup>();
  for (const double size : {5.0, 50.0, 6.0, 60.0}) waiting.push({std::make_shared<Sized>(size), group, now});
  waiting.push({std::make_shared<Sized>(7), other, now});
  waiting.sort_into({10});
  BatchCut cut;
  const BatchLimits limits{.max_batch_size = 2};
  const auto batch = waiting.take(limits, {}, now, cut);
  ASSERT_EQ(batch.size(), 2u);
  EXPECT_EQ(batch[0].item->size, 5);
  EXPECT_EQ(batch[1].item->size, 6);
  waiting.drop(*other);
  waiting.sort_into({});
  const auto rest = waiting.take(limits, {}, now, cut);
  ASSERT_EQ(rest.size(), 2u);
  EXPECT_EQ(rest[0].item->size, 50);
  EXPECT_EQ(rest[1].item->size, 60);
  EXPECT_EQ(waiting.size(), 0u);
}

}  // namespace
}  // namespace manta::api
