#include "fixture.h"

namespace manta::routing {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class RouterTest : public RoutingFixture {
 protected:
  ErrorCode code_of(const std::shared_ptr<Sent>& sent) { return (*sent->result).error().code; }
  bool has_series_of(const std::string& id) const {
    return metrics.text().find("replica_id=\"" + id + "\"") != std::string::npos;
  }
};

TEST_F(RouterTest, SendsToAFreeReplicaAtOnce) {
  publish({"a"});
  const auto sent = send(post("m", "hello"));
  ASSERT_EQ(replica("a").requests.size(), 1u);
  const net::Request& request = replica("a").requests[0]->request();
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.target, "/m");
  EXPECT_EQ(request.body, "hello");
  respond(replica("a").requests[0], {.body = "world"});
  ASSERT_TRUE(sent->result && *sent->result);
  EXPECT_EQ((*sent->result)->body, "world");
  EXPECT_EQ(dispatcher().router().in_flight(), 0u);
}

TEST_F(RouterTest, WaitsWhenAllReplicasAreFullAndServesTheOldestFirst) {
  max_ongoing = 1;
  publish({"a"});
  const auto first = send(post("m", "1"));
  const auto second = send(post("m", "2"));
  const auto third = send(post("m", "3"));
  ASSERT_EQ(replica("a").requests.size(), 1u);
  EXPECT_EQ(count->value(), 2);
  respond(replica("a").requests[0], {});
  ASSERT_EQ(replica("a").requests.size(), 2u);
  EXPECT_EQ(replica("a").requests[1]->request().body, "2");
  EXPECT_EQ(count->value(), 1);
}

TEST_F(RouterTest, TurnsAwayAtOnceBeyondMaxQueuedRequests) {
  max_ongoing = 1;
  set.max_queued_requests = 1;
  publish({"a"});
  const auto running = send(post("m"));
  const auto queued = send(post("m"));
  const auto refused = send(post("m"));
  ASSERT_TRUE(refused->result);
  const Error& error = refused->result->error();
  EXPECT_EQ(error.code, ErrorCode::Overloaded);
  EXPECT_EQ(http_status(error), 503);
  EXPECT_GE(error.retry_after_s, 1);
  EXPECT_LE(error.retry_after_s, 60);
  EXPECT_FALSE(queued->result);
}

TEST_F(RouterTest, ADeploymentInTheProxiesIsOutOfReach) {
  max_ongoing = 1;
  publish({"a"});
  const auto running = send(post("m"));
  const auto waiting = send(post("m"));
  set.hosted = spec::HostedDefinition{.builtin = "openai", .config = {}};
  publish({"a"});
  loop.poll();
  ASSERT_TRUE(waiting->result);
  EXPECT_EQ(code_of(waiting), ErrorCode::Unavailable) << "it may be sent again, to the proxy";
  const auto late = send(post("m"));
  ASSERT_TRUE(late->result);
  EXPECT_EQ(code_of(late), ErrorCode::InvalidArgument);
  EXPECT_NE(late->result->error().message.find("deploy it without in_proxy"), std::string::npos);
  EXPECT_FALSE(running->result);
}

TEST_F(RouterTest, AnswersOverloadWithTheConfiguredStatus) {
  set.max_queued_requests = 0;
  set.backpressure_status_code = 429;
  set.backpressure_retry_after_s = 90;
  publish({});
  const auto refused = send(post("m"));
  EXPECT_EQ(http_status(refused->result->error()), 429);
  EXPECT_EQ(refused->result->error().retry_after_s, 90);
}

TEST_F(RouterTest, SharesTheQueueLimitWithOtherLoops) {
  set.max_queued_requests = 1;
  publish({});
  ASSERT_TRUE(count->try_enter(1));  // another loop's request
  EXPECT_EQ(code_of(send(post("m"))), ErrorCode::Overloaded);
  count->leave();
  EXPECT_FALSE(send(post("m"))->result);
}

TEST_F(RouterTest, LeavesTheQueueWhenCancelled) {
  publish({});
  const auto sent = send(post("m"));
  EXPECT_EQ(count->value(), 1);
  scope.cancel(sent->task);
  loop.poll();
  EXPECT_EQ(count->value(), 0);
  EXPECT_EQ(dispatcher().router().queued(), 0u);
}

TEST_F(RouterTest, GivesUpAtTheDeadline) {
  publish({});
  Outbound request = post("m");
  request.context->deadline = clock.now() + milliseconds(50);
  const auto sent = send(std::move(request));
  advance(milliseconds(49));
  EXPECT_FALSE(sent->result);
  advance(milliseconds(1));
  EXPECT_EQ(code_of(sent), ErrorCode::DeadlineExceeded);
}

TEST_F(RouterTest, WithoutADeadlineWaitsForAReplicaAsLongAsItsCaller) {
  publish({});
  const auto sent = send(post("m"));
  advance(std::chrono::hours(1));
  EXPECT_FALSE(sent->result);
  publish({"a"});
  ASSERT_EQ(replica("a").requests.size(), 1u);
}

TEST_F(RouterTest, AReplicaIsUsedWhenItHasAnsweredAndNotWhenItIsConnected) {
  replica("a").silent = true;
  publish({"a"});
  EXPECT_EQ(replica("a").connections, 1);
  EXPECT_EQ(dispatcher().router().usable(), 0u);
  const auto sent = send(post("m"));
  EXPECT_TRUE(replica("a").requests.empty()) << "what is sent to one that is dying is lost";
  replica("a").slots->start(200, {});
  loop.poll();
  EXPECT_EQ(replica("a").requests.size(), 1u);
}

TEST_F(RouterTest, WaitsForAReplicaOnlyAsLongAsItWasTold) {
  options.replica_wait = seconds(30);
  publish({});
  const auto sent = send(post("m"));
  advance(seconds(29));
  EXPECT_FALSE(sent->result);
  advance(seconds(1));
  EXPECT_EQ(code_of(sent), ErrorCode::Unavailable);
}

TEST_F(RouterTest, ADeploymentThatSleepsIsWaitedForUntilItHasWokenUp) {
  options.replica_wait = seconds(30);
  set.load_report_interval_s = 10;
  publish({});
  const auto sent = send(post("m"));
  advance(seconds(200));
  EXPECT_FALSE(sent->result);
  publish({"a"});
  EXPECT_EQ(replica("a").requests.size(), 1u);
}

TEST_F(RouterTest, ABusyReplicaIsWaitedForWithoutEnd) {
  max_ongoing = 1;
  publish({"a"});
  send(post("m"));
  const auto sent = send(post("m"));
  advance(seconds(300));
  EXPECT_FALSE(sent->result);
}

TEST_F(RouterTest, ServesWaitersWhenAReplicaAppears) {
  publish({});
  send(post("m"));
  publish({"a"});
  EXPECT_EQ(replica("a").requests.size(), 1u);
}

TEST_F(RouterTest, ARefusedRequestKeepsItsAgeAndWaitsForAGrant) {
  publish({"a"});
  send(post("m", "old"));
  send(post("m", "young"));
  ASSERT_EQ(replica("a").requests.size(), 2u);
  respond(replica("a").requests[1], refusal("full"));
  respond(replica("a").requests[0], refusal("full"));
  EXPECT_EQ(replica("a").requests.size(), 2u);
  replica("a").notice(R"({"grant":1})");
  loop.poll();
  ASSERT_EQ(replica("a").requests.size(), 3u);
  EXPECT_EQ(replica("a").requests[2]->request().body, "old");
  EXPECT_EQ(replica("a").requests[2]->request().headers.get(net::wire::kWaiting), "1");
}

TEST_F(RouterTest, TriesAgainByItselfIfNoGrantComes) {
  publish({"a"});
  send(post("m"));
  respond(replica("a").requests[0], refusal("full"));
  advance(milliseconds(24));
  EXPECT_EQ(replica("a").requests.size(), 1u);
  advance(milliseconds(1));
  EXPECT_EQ(replica("a").requests.size(), 2u);
}

TEST_F(RouterTest, CountsRequestsForWhichAReplicaIsLookedFor) {
  const auto shows = [this](const std::string& name, int value) {
    const std::string labels = R"({application="app",deployment="D",handle="test",handle_source="UNKNOWN"} )";
    return metrics.text().find("ray_serve_" + name + labels + std::to_string(value) + "\n") != std::string::npos;
  };
  publish({});
  send(post("m"));
  EXPECT_TRUE(shows("num_scheduling_tasks", 1));
  EXPECT_TRUE(shows("num_scheduling_tasks_in_backoff", 0));
  publish({"a"});
  EXPECT_TRUE(shows("num_scheduling_tasks", 0));
  respond(replica("a").requests[0], refusal("full"));
  send(post("m"));
  EXPECT_TRUE(shows("num_scheduling_tasks", 2));
  EXPECT_TRUE(shows("num_scheduling_tasks_in_backoff", 2));
  replica("a").notice(R"({"grant":2})");
  loop.poll();
  EXPECT_TRUE(shows("num_scheduling_tasks", 0));
  EXPECT_TRUE(shows("num_scheduling_tasks_in_backoff", 0));
}

TEST_F(RouterTest, ADrainingReplicaGetsNothingMore) {
  publish({"a", "b"});
  replica("a").notice(R"({"draining":true})");
  loop.poll();
  for (int i = 0; i < 5; ++i) send(post("m"));
  EXPECT_EQ(replica("a").requests.size(), 0u);
  EXPECT_EQ(replica("b").requests.size(), 5u);
}

TEST_F(RouterTest, LeasesOnARemovedReplicaStayValid) {
  publish({"a"});
  const auto sent = send(post("m"));
  publish({"b"});
  respond(replica("a").requests[0], {.body = "still here"});
  ASSERT_TRUE(sent->result && *sent->result);
  EXPECT_EQ(dispatcher().router().in_flight(), 0u);
}

TEST_F(RouterTest, SeriesOfAReplicaGoWithItAndComeBackWithIt) {
  publish({"a", "b"});
  send(post("m"));
  EXPECT_TRUE(has_series_of("a"));
  publish({"b"});
  EXPECT_FALSE(has_series_of("a"));
  EXPECT_TRUE(has_series_of("b"));
  publish({"a", "b"});
  EXPECT_TRUE(has_series_of("a"));
}

TEST_F(RouterTest, RoutersOfOneProcessShareTheSeriesOfAReplicaUntilTheLastHasDroppedIt) {
  publish({"a"});
  const std::unique_ptr<Dispatcher> other = make_dispatcher();
  other->update(set);
  publish({});
  EXPECT_TRUE(has_series_of("a"));
  other->update(set);
  EXPECT_FALSE(has_series_of("a"));
}

TEST_F(RouterTest, SeriesOfReplicasGoWithTheRouter) {
  publish({"a"});
  const auto sent = send(post("m"));
  scope.cancel(sent->task);
  dispatcher_.reset();
  loop.poll();
  EXPECT_FALSE(has_series_of("a"));
}

TEST_F(RouterTest, AnAnswerOfAReplicaThatHasLeftBringsNoSeriesBack) {
  publish({"a"});
  const auto sent = send(post("m"));
  publish({});
  respond(replica("a").requests[0], {.headers = {{net::wire::kQueue, "3"}}, .body = "late"});
  ASSERT_TRUE(sent->result && *sent->result);
  EXPECT_FALSE(has_series_of("a"));
}

TEST_F(RouterTest, ConnectsAgainAfterALoss) {
  publish({"a"});
  kill("a");
  loop.poll();
  EXPECT_EQ(dispatcher().router().usable(), 0u);
  replica("a");
  advance(milliseconds(10));
  EXPECT_EQ(dispatcher().router().usable(), 1u);
}

}  // namespace
}  // namespace manta::routing
