#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "net/items.h"
#include "net/wire.h"
#include "routing/drain_rate.h"
#include "routing/queue_count.h"
#include "routing/snapshot_merge.h"
#include "routing/wire_request.h"

namespace manta::routing {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(DrainRateTest, TellsHowLongTheQueueTakes) {
  DrainRate rate;
  TimePoint now{std::chrono::hours(1)};
  EXPECT_EQ(rate.retry_after_s(1000, now), 1);  // nothing known yet
  for (int i = 0; i < 100; ++i) rate.note(now += milliseconds(100));
  EXPECT_NEAR(rate.retry_after_s(100, now), 10, 2);
  EXPECT_EQ(rate.retry_after_s(1, now), 1);
  EXPECT_EQ(rate.retry_after_s(100'000, now), 60);
  EXPECT_EQ(rate.retry_after_s(1, now + seconds(20)), 60);  // nothing has moved for long
}

TEST(QueueCountTest, NeverExceedsTheLimit) {
  QueueCount count;
  EXPECT_TRUE(count.try_enter(1));
  EXPECT_FALSE(count.try_enter(1));
  count.leave();
  EXPECT_TRUE(count.try_enter(1));
  EXPECT_TRUE(count.try_enter(-1));
  EXPECT_EQ(count.value(), 2);
}

TEST(QueueCountTest, ThreadsTogetherNeverExceedTheLimit) {
  QueueCount count;
  std::atomic<bool> exceeded = false;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&] {
      for (int n = 0; n < 20'000; ++n) {
        if (!count.try_enter(3)) continue;
        if (count.value() > 3) exceeded = true;
        count.leave();
      }
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_FALSE(exceeded);
  EXPECT_EQ(count.value(), 0);
}

TEST(QueueCountsTest, LoopsOfAProcessShareTheCountOfADeployment) {
  QueueCounts counts;
  EXPECT_EQ(counts.of("a", "D"), counts.of("a", "D"));
  EXPECT_NE(counts.of("a", "D"), counts.of("b", "D"));
}

TEST(WireRequestTest, RoundsTimeLeftUpToFewValues) {
  struct Row {
    Duration left;
    std::uint64_t ms;
  };
  const Row rows[] = {{milliseconds(-5), 1},           {milliseconds(1), 1},       {milliseconds(7), 7},
                      {milliseconds(9), 10},           {milliseconds(1000), 1024}, {seconds(30), 32768},
                      {std::chrono::nanoseconds(1), 1}};
  for (const Row& row : rows) EXPECT_EQ(timeout_on_wire(row.left), row.ms) << row.left.count();
}

TEST(WireRequestTest, SendsWhatTravelsWithARequestAndNothingElse) {
  RequestContext context;
  context.request_id = "r1";
  context.session_id = "s";
  context.priority = 3;
  net::Headers headers;
  add_context(headers, context, "app");
  EXPECT_EQ(headers.size(), 3u);
  EXPECT_EQ(headers.get(net::wire::kRequestId), "r1");
  EXPECT_EQ(headers.get(net::wire::kPriority), "3");
}

TEST(WireRequestTest, NamesTheApplicationOnlyToAnother) {
  RequestContext context;
  context.application = "app";
  net::Headers within, across;
  add_context(within, context, "app");
  EXPECT_TRUE(within.empty());
  add_context(across, context, "other");
  EXPECT_EQ(across.get(net::wire::kApplication), "app");
}

TEST(WireRequestTest, ASecondAttemptReplacesWhatTheFirstSaid) {
  net::Headers headers;
  const TimePoint now{seconds(10)};
  set_attempt(headers, now + milliseconds(100), now, 3);
  EXPECT_EQ(headers.get(net::wire::kWaiting), "4");
  set_attempt(headers, now + milliseconds(100), now + milliseconds(50), 0);
  EXPECT_FALSE(headers.has(net::wire::kWaiting));
  EXPECT_EQ(headers.get(net::wire::kTimeoutMs), "56");
  EXPECT_EQ(headers.size(), 1u);
}

TEST(ItemSplitterTest, FindsItemsHoweverTheyAreSplit) {
  std::string bytes;
  net::append_item(bytes, "one");
  net::append_item(bytes, "");
  net::append_item(bytes, std::string(300, 'x'));
  net::ItemSplitter splitter;
  std::vector<std::string> items;
  for (const char c : bytes) {
    splitter.feed({&c, 1});
    for (auto item = splitter.next(); item && *item; item = splitter.next()) items.push_back(**item);
  }
  EXPECT_EQ(items, (std::vector<std::string>{"one", "", std::string(300, 'x')}));
  EXPECT_TRUE(splitter.at_boundary());
}

TEST(ItemSplitterTest, RefusesWhatIsNoItem) {
  net::ItemSplitter flag;
  flag.feed("\x01\0\0\0\0");
  flag.feed(std::string(4, '\0'));
  EXPECT_FALSE(flag.next());
  net::ItemSplitter size;
  size.feed(std::string("\0\xff\xff\xff\xff", 5));
  EXPECT_FALSE(size.next());
}

spec::ReplicaSet set_of(std::vector<std::string> ids) {
  spec::ReplicaSet set{.application = "a", .deployment = "D"};
  for (std::string& id : ids) set.replicas.push_back({.id = std::move(id)});
  return set;
}

TEST(SnapshotMergeTest, AnAdoptedSnapshotReplacesEverything) {
  const spec::RoutingSnapshot before{.deployments = {set_of({"1", "2"})}};
  const spec::RoutingSnapshot next{.deployments = {set_of({"2"})}};
  EXPECT_EQ(merge(before, next), next);
}

TEST(SnapshotMergeTest, BeforeAdoptionNothingIsDropped) {
  const spec::RoutingSnapshot before{
      .applications = {spec::ApplicationRoutes{.application = "a", .route_prefix = "/", .ready = true}},
      .deployments = {set_of({"1", "2"})}};
  const auto partly = merge(before, {.adopted = false, .deployments = {set_of({"2", "3"})}});
  ASSERT_EQ(partly.deployments.size(), 1u);
  EXPECT_EQ(partly.deployments[0]->replicas.size(), 3u);
  EXPECT_EQ(partly.applications, before.applications);
  EXPECT_EQ(merge(before, {.adopted = false}).deployments, before.deployments);
}

}  // namespace
}  // namespace manta::routing
