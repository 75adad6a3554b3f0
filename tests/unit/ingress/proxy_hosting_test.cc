// The life of deployments in the proxy's own process.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "ingress/hosting.h"
#include "unit/ingress/fake_hosts.h"
#include "unit/net/quiet_exchange.h"

namespace manta::ingress {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;
using State = FakeHost::State;

class ProxyHostingTest : public HostingTest {
 protected:
  void answer(std::size_t index, std::string body) {
    taken(index)->respond({.headers = {{"content-type", "application/json"}}, .body = std::move(body)});
  }
};

TEST_F(ProxyHostingTest, RequestsWaitUntilTheDeploymentRuns) {
  const auto asking = client();
  asking->send(post("{}"));
  EXPECT_TRUE(hosts.at(0)->requests.empty());
  run();
  ASSERT_EQ(hosts[0]->requests.size(), 1U);
  answer(0, "[1]");
  EXPECT_THAT(asking->receive(), EndsWith("[1]"));
}

TEST_F(ProxyHostingTest, ARequestWaitsNoLongerThanItsTime) {
  const auto patient = client(), hurried = client();
  patient->send(post("{}"));
  hurried->send(post("{}", "x-request-timeout-seconds: 2\r\n"));
  advance(std::chrono::seconds(2));
  EXPECT_THAT(hurried->receive(), HasSubstr("\"type\":\"DeadlineExceeded\""));
  EXPECT_EQ(patient->receive(), "");
  advance(Hosting::kLongestWait);
  EXPECT_THAT(patient->receive(), HasSubstr("rag/Rag has not started in the proxy"));
}

// A client without a connection.
class QuietClient final : public net::QuietExchange {
 public:
  void respond(net::Response response) override { status = response.status; }

  int status = 0;
};

TEST_F(ProxyHostingTest, NoMoreThanABoundWait) {
  HttpMetrics http_metrics(metrics_, "node", "127.0.0.1");
  RecordKeeper keeper{clock_, http_metrics, nullptr};
  RetiredHosts retired(loop_);
  Hosting hosting(loop_, host, retired);
  const auto snapshot = std::make_shared<const spec::RoutingSnapshot>(hosted_snapshot("one"));
  hosting.update(snapshot->deployments[0], snapshot);
  std::vector<std::shared_ptr<QuietClient>> clients;
  for (std::size_t i = 0; i <= Hosting::kMostWaiting; ++i) {
    clients.push_back(std::make_shared<QuietClient>());
    RequestRecord record(keeper, http_metrics.unmatched(), Verb::Post, clients.back());
    hosting.send(std::make_shared<HostedExchange>(loop_, HostedRequest{.client = clients.back(),
                                                                       .request = {},
                                                                       .context = std::make_shared<RequestContext>(),
                                                                       .record = std::move(record)}));
  }
  EXPECT_EQ(clients.front()->status, 0);
  EXPECT_EQ(clients.back()->status, 503);
  run(1);
  EXPECT_EQ(hosts[1]->requests.size(), Hosting::kMostWaiting);
  hosts[1]->requests.clear();
}

TEST_F(ProxyHostingTest, OneThatCannotStartFailsItsRequestsAndIsTriedAgain) {
  const auto asking = client();
  asking->send(post("{}"));
  hosts.at(0)->enter(State::Failed, "no such model");
  loop_.poll();
  EXPECT_THAT(asking->receive(), HasSubstr("rag/Rag cannot start in the proxy: no such model"));
  EXPECT_THAT(ask(post("{}")), StartsWith("HTTP/1.1 503 "));
  EXPECT_EQ(hosts.size(), 1U);
  advance(Hosting::kFirstRetry);
  ASSERT_EQ(hosts.size(), 2U);
  run(1);
  client()->send(post("{}"));
  EXPECT_EQ(hosts[1]->requests.size(), 1U);
}

TEST_F(ProxyHostingTest, ANewDefinitionTakesOverWhenItRunsAndTheOldOneFinishes) {
  run();
  const auto early = client(), late = client();
  early->send(post("{}"));
  define("two");
  ASSERT_EQ(hosts.size(), 2U);
  EXPECT_EQ(hosts[1]->set.hosted->version, "two");
  late->send(post("{}"));
  EXPECT_EQ(hosts[0]->requests.size(), 2U);
  run(1);
  client()->send(post("{}"));
  EXPECT_EQ(hosts[1]->requests.size(), 1U);
  ASSERT_TRUE(hosts[0]->drained);
  answer(0, "[2]");
  EXPECT_THAT(late->receive(), EndsWith("[2]"));
  hosts[0]->requests.pop_back();
  answer(0, "[1]");
  EXPECT_THAT(early->receive(), EndsWith("[1]"));
  EXPECT_FALSE(hosts[0]->destroyed);
  hosts[0]->drained();
  loop_.poll();
  EXPECT_TRUE(hosts[0]->destroyed);
}

TEST_F(ProxyHostingTest, WhatServesGoesOnWhileANewDefinitionCannotStart) {
  run();
  define("two");
  hosts.at(1)->enter(State::Failed, "broken");
  loop_.poll();
  client()->send(post("{}"));
  EXPECT_EQ(hosts[0]->requests.size(), 1U);
  define("one");  // back to what serves: nothing is started
  EXPECT_EQ(hosts.size(), 2U);
  advance(Hosting::kLastRetry);
  EXPECT_EQ(hosts.size(), 2U);
}

TEST_F(ProxyHostingTest, ASnapshotOfTheSameDefinitionReachesItsHandlesAndStartsNothing) {
  run();
  const int before = hosts[0]->updates;
  define("one");
  EXPECT_EQ(hosts.size(), 1U);
  EXPECT_EQ(hosts[0]->updates, before + 1);
}

TEST_F(ProxyHostingTest, ADeploymentMayMoveToReplicasAndBack) {
  run();
  const auto early = client();
  early->send(post("{}"));
  answers["/query"] = json("[\"replica\"]");
  spec::RoutingSnapshot snapshot = standard_snapshot();
  snapshot.stamp.version = 10;
  publish(snapshot);
  EXPECT_THAT(ask(post("{}")), EndsWith("[\"replica\"]"));
  answer(0, "[1]");
  EXPECT_THAT(early->receive(), EndsWith("[1]"));
  EXPECT_TRUE(hosts[0]->drained);
  snapshot = hosted_snapshot("one");
  snapshot.stamp.version = 11;
  publish(snapshot);
  run(1);
  client()->send(post("{}"));
  EXPECT_EQ(hosts[1]->requests.size(), 1U);
}

TEST_F(ProxyHostingTest, ADeletedDeploymentIsDrained) {
  run();
  spec::RoutingSnapshot snapshot{.stamp = {1, 10}};
  publish(snapshot);
  EXPECT_TRUE(hosts[0]->drained);
  EXPECT_THAT(ask(post("{}")), StartsWith("HTTP/1.1 404 "));
}

TEST_F(ProxyHostingTest, AProxyThatRunsNothingItselfSaysSo) {
  host = nullptr;
  spec::RoutingSnapshot snapshot{.stamp = {1, 10}};
  publish(snapshot);
  snapshot = hosted_snapshot("three");
  snapshot.stamp.version = 11;
  publish(snapshot);
  EXPECT_THAT(ask(post("{}")), HasSubstr("this proxy runs no deployments"));
}

}  // namespace
}  // namespace manta::ingress
