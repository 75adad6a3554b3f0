#include "routing/subscription.h"

#include <manta/detail/json.h>

#include "base/unix_time.h"
#include "fixture.h"
#include "routing/dispatchers.h"
#include "spec/routing_change.h"

namespace manta::routing {
namespace {

using std::chrono::milliseconds;

class SubscriptionTest : public RoutingFixture {
 protected:
  void start_controller() {
    controller = std::make_unique<net::Server>(loop, net::ServerOptions{.internal = true}, budget,
                                               [this](net::ExchangePtr exchange) {
                                                 EXPECT_EQ(exchange->request().target, "/-/subscribe");
                                                 stream = std::move(exchange);
                                                 stream->start(200, {});
                                               });
  }
  void stop_controller() {
    stream.reset();
    controller.reset();
    loop.poll();
  }
  void subscribe() {
    subscription.on_snapshot([this](const spec::RoutingSnapshot& snapshot) { seen.push_back(snapshot.stamp); });
    subscription.start();
    loop.poll();
  }
  void send(const spec::RoutingChange& change) {
    std::string item;
    net::append_item(item, *detail::to_json(change));
    stream->write(item);
    loop.poll();
  }
  // The whole, as at the beginning of a stream.
  void send_snapshot(std::uint64_t epoch, std::uint64_t version, bool adopted = true,
                     std::vector<spec::Shared<spec::ReplicaSet>> deployments = {}) {
    send({.stamp = {epoch, version}, .adopted = adopted, .deployments = std::move(deployments)});
  }

  std::unique_ptr<net::Server> controller;
  net::ExchangePtr stream;
  std::vector<spec::PublishStamp> seen;
  Subscription subscription{loop, metrics, logger, [this]() -> std::unique_ptr<net::Channel> {
                              if (!controller) return nullptr;
                              int fds[2];
                              if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds) != 0)
                                std::abort();
                              controller->accept(fds[1]);
                              return std::make_unique<net::Channel>(loop, fds[0], net::ChannelOptions{}, budget);
                            }};
  QueueCounts counts;
  Dispatchers dispatchers{{.loop = loop,
                           .metrics = metrics,
                           .logger = logger,
                           .connect = [this](const spec::ReplicaAddress& address) { return connect(address); }},
                          counts};
};

TEST_F(SubscriptionTest, IgnoresWhatIsNotNewer) {
  start_controller();
  subscribe();
  send_snapshot(1, 5);
  send_snapshot(1, 5);
  send_snapshot(1, 4);
  send_snapshot(2, 0);
  send_snapshot(1, 9);
  EXPECT_EQ(seen, (std::vector<spec::PublishStamp>{{1, 5}, {2, 0}}));
  EXPECT_TRUE(subscription.connected());
}

TEST_F(SubscriptionTest, KeepsTheLastSnapshotAndComesBackWhenTheControllerDoes) {
  start_controller();
  subscribe();
  send_snapshot(1, 1);
  stop_controller();
  EXPECT_FALSE(subscription.connected());
  advance(std::chrono::seconds(60));
  ASSERT_NE(subscription.snapshot(), nullptr);
  EXPECT_EQ(subscription.snapshot()->stamp.version, 1u);
  start_controller();
  advance(std::chrono::seconds(1));  // the longest back-off
  ASSERT_TRUE(stream);
  send_snapshot(2, 1);
  EXPECT_EQ(seen.back(), (spec::PublishStamp{2, 1}));
}

// The first on a connection may have been published long before.
TEST_F(SubscriptionTest, TellsHowLongChangesTookToArrive) {
  const auto arrives_after = [this](double age_s, std::uint64_t version) {
    send({.stamp = {1, version}, .published_at_s = age_s < 0 ? 0 : unix_time_s() - age_s});
  };
  const auto shows = [this](const std::string& sample) {
    return metrics.text().find("ray_serve_long_poll_latency_ms_" + sample) != std::string::npos;
  };
  start_controller();
  subscribe();
  arrives_after(1000, 1);
  EXPECT_TRUE(shows("count{namespace=\"snapshots\"} 0"));
  arrives_after(-1, 2);  // of a controller that does not tell
  EXPECT_TRUE(shows("count{namespace=\"snapshots\"} 0"));
  arrives_after(200, 3);
  EXPECT_TRUE(shows("count{namespace=\"snapshots\"} 1"));
  EXPECT_TRUE(shows("bucket{namespace=\"snapshots\",le=\"120000\"} 0"));
  EXPECT_TRUE(shows("bucket{namespace=\"snapshots\",le=\"300000\"} 1"));
}

TEST_F(SubscriptionTest, ARestartedControllerThatHasNotAdoptedDropsNoReplica) {
  start_controller();
  subscribe();
  const spec::ReplicaSet one{.application = "a", .deployment = "D", .replicas = {{.id = "1"}}};
  send_snapshot(1, 1, true, {one});
  send_snapshot(2, 1, false);
  EXPECT_EQ(subscription.snapshot()->deployments, (std::vector<spec::Shared<spec::ReplicaSet>>{one}));
  send_snapshot(2, 2, true);
  EXPECT_TRUE(subscription.snapshot()->deployments.empty());
}

TEST_F(SubscriptionTest, AppliesWhatChanges) {
  start_controller();
  subscribe();
  send_snapshot(1, 1, true, {spec::ReplicaSet{.application = "a", .deployment = "D"}});
  send({.from = spec::PublishStamp{1, 1},
        .stamp = {1, 2},
        .deployments = {spec::ReplicaSet{.application = "b", .deployment = "D"}},
        .removed_deployments = {{"a", "D"}}});
  EXPECT_EQ(seen, (std::vector<spec::PublishStamp>{{1, 1}, {1, 2}}));
  ASSERT_EQ(subscription.snapshot()->deployments.size(), 1u);
  EXPECT_EQ(subscription.snapshot()->deployments[0]->application, "b");
}

TEST_F(SubscriptionTest, BeginsAnewWhenAnItemDoesNotFollowOrIsNotUnderstood) {
  start_controller();
  subscribe();
  std::uint64_t version = 0;
  for (const char* text : {"{", R"({"from":{"epoch":1,"version":77},"stamp":{"epoch":1,"version":78}})"}) {
    send_snapshot(1, ++version);
    ASSERT_TRUE(subscription.connected());
    const net::ExchangePtr broken = stream;
    std::string item;
    net::append_item(item, text);
    stream->write(item);
    loop.poll();
    advance(std::chrono::seconds(1));
    EXPECT_TRUE(broken->closed()) << text;
    EXPECT_NE(stream, broken);
    EXPECT_EQ(subscription.snapshot()->stamp.version, version) << "what was known stays";
    send_snapshot(1, ++version);
    EXPECT_EQ(subscription.snapshot()->stamp.version, version);
  }
}

TEST_F(SubscriptionTest, DispatchersFollowTheSnapshots) {
  const auto early = dispatchers.at("a", "D");
  subscription.on_snapshot([&](const auto& snapshot) { dispatchers.update(snapshot); });
  start_controller();
  subscribe();
  replica("1");
  send_snapshot(1, 1, true, {spec::ReplicaSet{.application = "a", .deployment = "D", .replicas = {{.id = "1"}}}});
  EXPECT_EQ(dispatchers.at("a", "D"), early);
  EXPECT_EQ(early->router().usable(), 1u);
  send_snapshot(1, 2);
  EXPECT_EQ(early->router().usable(), 0u);
}

TEST_F(SubscriptionTest, ADeploymentThatIsGoneLeavesOnceNobodyHoldsIt) {
  const spec::RoutingSnapshot with{.deployments = {spec::ReplicaSet{.application = "a", .deployment = "D"}}};
  dispatchers.update(with);
  auto held = dispatchers.at("a", "D");
  std::weak_ptr<QueueCount> count = counts.of("a", "D");
  dispatchers.update({});
  EXPECT_EQ(dispatchers.at("a", "D"), held) << "a request may still wait in it";
  EXPECT_NE(metrics.text().find("deployment=\"D\""), std::string::npos);
  const std::weak_ptr<Dispatcher> gone = std::exchange(held, nullptr);
  dispatchers.update(with);
  EXPECT_FALSE(gone.expired()) << "it is back";
  dispatchers.update({});
  EXPECT_TRUE(gone.expired());
  EXPECT_EQ(metrics.text().find("deployment=\"D\""), std::string::npos);
  for (int other = 0; other < 20; ++other) counts.of("a", std::to_string(other));
  EXPECT_TRUE(count.expired());
}

TEST_F(SubscriptionTest, ConnectsOnlyToDeploymentsThatAreAskedFor) {
  EXPECT_FALSE(dispatchers.is_unknown("a", "None")) << "nothing is known yet";
  FakeReplica& called = replica("called");
  FakeReplica& other = replica("other");
  dispatchers.update(
      {.deployments = {spec::ReplicaSet{.application = "a", .deployment = "Called", .replicas = {{.id = "called"}}},
                       spec::ReplicaSet{.application = "a", .deployment = "Other", .replicas = {{.id = "other"}}}}});
  loop.poll();
  EXPECT_EQ(called.connections + other.connections, 0);
  EXPECT_FALSE(dispatchers.is_unknown("a", "Called"));
  EXPECT_TRUE(dispatchers.is_unknown("a", "None"));
  EXPECT_EQ(metrics.text().find("request_router_queue_len"), std::string::npos) << "no series either";
  const auto asked = dispatchers.at("a", "Called");
  loop.poll();
  EXPECT_EQ(asked->router().usable(), 1u) << "the last snapshot is known";
  EXPECT_EQ(called.connections, 1);
  EXPECT_EQ(other.connections, 0);
  dispatchers.at("a", "Other");
  loop.poll();
  EXPECT_EQ(other.connections, 1);
}

}  // namespace
}  // namespace manta::routing
