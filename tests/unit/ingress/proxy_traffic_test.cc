#include <algorithm>
#include <cmath>
#include <set>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/ingress/proxy_fixture.h"

namespace manta::ingress {
namespace {

using std::chrono::seconds;
using ::testing::HasSubstr;
using ::testing::StartsWith;

// Deployments V1 (the ingress), V2 and V3 with the methods `ask` and `raw`; addresses are their names.
class ProxyTrafficTest : public ProxyTest {
 protected:
  ProxyTrafficTest() { answers["/ask"] = json("{}"); }

  spec::RoutingSnapshot with(std::vector<spec::TrafficRoute> traffic) {
    spec::RoutingSnapshot snapshot{.stamp = {1, ++version_}};
    snapshot.applications = {spec::ApplicationRoutes{.application = "app",
                                                     .route_prefix = "/app",
                                                     .ingress = "V1",
                                                     .routes = {},
                                                     .openapi = {},
                                                     .ready = true,
                                                     .traffic = std::move(traffic)}};
    for (const char* name : {"V1", "V2", "V3"})
      snapshot.deployments.push_back(spec::ReplicaSet{
          .application = "app",
          .deployment = name,
          .replicas = {{.id = std::string("app#") + name + "#1", .address = name, .max_ongoing_requests = 100}},
          .methods = {{.name = "ask"}, {.name = "raw", .raw_http = true}}});
    return snapshot;
  }
  static spec::TrafficRoute split(double v1, double v2, std::int64_t stage = 1) {
    return {.route = "/", .split = {{"V1", v1}, {"V2", v2}}, .stage = stage};
  }
  std::string ask_app(const std::string& headers = "", const std::string& path = "/app/ask") {
    return ask("POST " + path + " HTTP/1.1\r\nhost: x\r\n" + headers + "content-length: 2\r\n\r\n{}");
  }
  // Who answers a request with these headers.
  std::string target_of(const std::string& headers, const std::string& path = "/app/ask") {
    ask_app(headers, path);
    return asked.back();
  }
  int count_of(const std::string& name) const { return static_cast<int>(std::ranges::count(asked, name)); }
  // What the proxy has counted since the last call.
  std::map<std::string, spec::TargetFigures> counted() {
    std::map<std::string, spec::TargetFigures> figures;
    for (const auto& counts : proxy_->traffic_counts())
      for (auto& target : counts->take().targets) figures[target.deployment] = target;
    return figures;
  }

 private:
  std::uint64_t version_ = 1;
};

TEST_F(ProxyTrafficTest, RequestsAreDividedByWeight) {
  publish(with({split(80, 20)}));
  constexpr int kRequests = 500;
  for (int i = 0; i < kRequests; ++i) EXPECT_THAT(ask_app(), StartsWith("HTTP/1.1 200"));
  EXPECT_NEAR(count_of("V2"), kRequests * 0.2, 4 * std::sqrt(kRequests * 0.2 * 0.8));
  EXPECT_EQ(count_of("V1") + count_of("V2"), kRequests);
}

TEST_F(ProxyTrafficTest, WithoutRulesTheIngressAnswersEverything) {
  publish(with({}));
  for (int i = 0; i < 20; ++i) ask_app();
  EXPECT_EQ(count_of("V1"), 20);
  EXPECT_TRUE(proxy_->traffic_counts().empty());
}

TEST_F(ProxyTrafficTest, ASessionATenantOrAHeaderStaysWithItsTarget) {
  const std::pair<const char*, const char*> cases[] = {
      {"session", "x-session-id"}, {"tenant", "x-tenant-id"}, {"header:X-User", "x-user"}};
  for (const auto& [sticky, header] : cases) {
    auto rule = split(50, 50);
    rule.sticky = sticky;
    publish(with({rule}));
    std::set<std::string> seen;
    for (int key = 0; key < 20; ++key) {
      const std::string headers = std::string(header) + ": key-" + std::to_string(key) + "\r\n";
      const std::string home = target_of(headers);
      seen.insert(home);
      for (int i = 0; i < 3; ++i) EXPECT_EQ(target_of(headers), home) << sticky;
    }
    EXPECT_EQ(seen.size(), 2U) << sticky;
  }
}

TEST_F(ProxyTrafficTest, OtherWeightsMoveOnlySessionsThatMust) {
  auto rule = split(80, 20);
  rule.sticky = "session";
  publish(with({rule}));
  std::vector<std::string> homes;
  const auto home = [&](int key) { return target_of("x-session-id: s" + std::to_string(key) + "\r\n"); };
  for (int key = 0; key < 50; ++key) homes.push_back(home(key));
  rule.split[1].weight = 60;
  rule.stage = 2;
  publish(with({rule}));
  for (int key = 0; key < 50; ++key) {
    const auto now = home(key);
    if (homes[static_cast<std::size_t>(key)] == "V2") {
      EXPECT_EQ(now, "V2");
    }
  }
}

TEST_F(ProxyTrafficTest, TheLongestRuleOfAPathDecides) {
  auto below = split(0, 100);
  below.route = "/raw";
  publish(with({split(100, 0), below}));
  answers["/app/raw"] = json("{}");
  EXPECT_EQ(target_of("", "/app/raw"), "V2");
  EXPECT_EQ(requests.back().headers.get("x-manta-method"), "raw");
  EXPECT_EQ(target_of(""), "V1");
}

TEST_F(ProxyTrafficTest, ATargetWithoutReplicasGetsNothingUnlessARequestWakesIt) {
  auto snapshot = with({split(1, 99)});
  snapshot.deployments[1].edit().replicas.clear();
  publish(snapshot);
  for (int i = 0; i < 10; ++i) EXPECT_EQ(target_of(""), "V1");
  snapshot.applications[0].edit().traffic[0].split = {{"V1", 0}, {"V2", 1, true}};
  snapshot.stamp.version = 100;
  publish(snapshot);
  const auto waits = client();
  EXPECT_EQ(waits->ask("POST /app/ask HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\n{}"), "");
  publish(with({split(0, 1, 2)}));  // it has woken
  EXPECT_THAT(waits->receive(), StartsWith("HTTP/1.1 200"));
  EXPECT_EQ(asked.back(), "V2");
}

TEST_F(ProxyTrafficTest, ErrorsCountAndWhatSaysNothingAboutATargetDoesNot) {
  publish(with({split(0, 1)}));
  const auto ask_with_status = [this](int status) {
    answers["/ask"] = [status](const net::ExchangePtr& exchange) { exchange->respond({.status = status}); };
    ask_app();
  };
  for (const int status : {200, 200, 404, 500, 502, 503, 429}) ask_with_status(status);
  const auto figures = counted();
  ASSERT_EQ(figures.size(), 1U);
  EXPECT_EQ(figures.at("V2").requests, 5);
  EXPECT_EQ(figures.at("V2").errors, 2);
  ASSERT_EQ(figures.at("V2").latency.size(), 1U);
  EXPECT_EQ(figures.at("V2").latency[0].count, 2);  // 200 alone
  EXPECT_THAT(metric(R"(manta_traffic_requests{application="app",deployment="V2",route="/"})"), HasSubstr(" 5"));
  EXPECT_THAT(metric(R"(manta_traffic_errors{application="app",deployment="V2",route="/"})"), HasSubstr(" 2"));
  EXPECT_TRUE(counted().empty());
}

TEST_F(ProxyTrafficTest, AReplicaThatDiesIsAnErrorOfItsTarget) {
  publish(with({split(0, 1)}));
  answers.erase("/ask");
  const auto waits = client();
  waits->send("POST /app/ask HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\n{}");
  ASSERT_EQ(waiting.size(), 1U);
  kill_replica("V2");
  EXPECT_THAT(waits->receive(), StartsWith("HTTP/1.1 503"));
  EXPECT_EQ(counted().at("V2").errors, 1);
}

TEST_F(ProxyTrafficTest, AClientThatGoesAwayDoesNotCount) {
  publish(with({split(0, 1)}));
  answers.erase("/ask");
  auto gone = client();
  gone->send("POST /app/ask HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\n{}");
  gone->hang_up();
  EXPECT_TRUE(counted().empty());
}

TEST_F(ProxyTrafficTest, FiguresStayWhenTheWeightsStayAndBeginAnewWithOthers) {
  publish(with({split(0, 1, 1)}));
  ask_app();
  auto snapshot = with({split(0, 1, 1)});
  snapshot.applications[0].edit().openapi = "{}";  // the table is remade
  publish(snapshot);
  EXPECT_EQ(counted().at("V2").requests, 1);
  answers.erase("/ask");
  const auto early = client();
  early->send("POST /app/ask HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\n{}");
  publish(with({split(0, 1, 2)}));
  waiting.at(0)->respond({.status = 500});
  EXPECT_THAT(early->receive(), StartsWith("HTTP/1.1 500"));
  EXPECT_TRUE(counted().empty());  // chosen by weights that are no more
}

class ShadowTest : public ProxyTrafficTest {
 protected:
  void shadow_to_v3(TrafficShadow shadow) {
    shadow.deployment = "V3";
    publish(with({{.route = "/", .split = {}, .shadow = shadow}}));
  }
  std::string dropped() {
    return metric(R"(manta_shadow_requests{application="app",deployment="V3",result="dropped"})");
  }
};

TEST_F(ShadowTest, GetsMarkedCopiesOfItsShareWhileTheIngressAnswers) {
  shadow_to_v3({.percent = 50});
  answers["/app/raw"] = json("{}");
  constexpr int kRequests = 200;
  for (int i = 0; i < kRequests; ++i) ask_app("x-user: u\r\n", "/app/raw");
  EXPECT_EQ(count_of("V1"), kRequests);
  EXPECT_NEAR(count_of("V3"), kRequests / 2, 4 * std::sqrt(kRequests * 0.25));
  for (std::size_t i = 0; i < requests.size(); ++i) {
    EXPECT_EQ(requests[i].headers.has("x-manta-shadow"), asked[i] == "V3");
    EXPECT_EQ(requests[i].body, "{}");
    EXPECT_EQ(requests[i].headers.get("x-user"), "u");
  }
}

TEST_F(ShadowTest, OneThatHangsHoldsNobodyUpAndIsBoundedInNumberAndTime) {
  shadow_to_v3({.max_in_flight = 3, .timeout_s = 5});
  answers["/ask"] = [this](net::ExchangePtr exchange) {
    if (asked.back() == "V3")
      waiting.push_back(std::move(exchange));
    else
      exchange->respond({.status = 200});
  };
  for (int i = 0; i < 10; ++i) EXPECT_THAT(ask_app(), StartsWith("HTTP/1.1 200"));
  EXPECT_EQ(count_of("V3"), 3);
  EXPECT_THAT(dropped(), HasSubstr(" 7"));
  advance(seconds(6));
  EXPECT_THAT(ask_app(), StartsWith("HTTP/1.1 200"));
  EXPECT_EQ(count_of("V3"), 4);
}

TEST_F(ShadowTest, TheCopiesOfOtherLoopsCountForItsBound) {
  shadow_to_v3({.max_in_flight = 3});
  answers["/ask"] = json("{}");
  const auto everywhere = shadow_counts_.of("app", "V3");
  *everywhere = 3;
  EXPECT_THAT(ask_app(), StartsWith("HTTP/1.1 200"));
  EXPECT_EQ(count_of("V3"), 0);
  EXPECT_THAT(dropped(), HasSubstr(" 1"));
  *everywhere = 2;
  EXPECT_THAT(ask_app(), StartsWith("HTTP/1.1 200"));
  EXPECT_EQ(count_of("V3"), 1);
  EXPECT_EQ(*everywhere, 2) << "its own has ended";
}

TEST_F(ShadowTest, OneThatIsDeadHarmsNobody) {
  shadow_to_v3({});
  kill_replica("V3");
  unreachable_ = false;
  answers["/ask"] = [this](const net::ExchangePtr& exchange) {
    if (asked.back() == "V3") return exchange->abort();
    exchange->respond({.status = 200});
  };
  for (int i = 0; i < 5; ++i) EXPECT_THAT(ask_app(), StartsWith("HTTP/1.1 200"));
}

TEST_F(ShadowTest, LargeBodiesAreNotCopied) {
  shadow_to_v3({.max_body_bytes = 1});
  ask_app();
  EXPECT_EQ(count_of("V3"), 0);
  EXPECT_THAT(dropped(), HasSubstr(" 1"));
}

}  // namespace
}  // namespace manta::ingress
