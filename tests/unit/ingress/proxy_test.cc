#include "ingress/proxy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/ingress/proxy_fixture.h"

namespace manta::ingress {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

std::string post(std::string_view path, std::string_view body, std::string_view headers = "") {
  return "POST " + std::string(path) + " HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n" +
         std::string(headers) + "content-length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
}
std::string get(std::string_view path, std::string_view headers = "") {
  return "GET " + std::string(path) + " HTTP/1.1\r\nhost: x\r\n" + std::string(headers) + "\r\n";
}

TEST_F(ProxyTest, ATypedMethodGetsItsJsonUntouchedAndAnswersAsItDid) {
  answers["/query"] = json(R"({"answer":42})");
  const auto reply = ask(post("/rag/query", R"({ "a" : 1 })", "x-request-id: r1\r\n"));
  EXPECT_THAT(reply, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(reply, EndsWith("\r\n\r\n{\"answer\":42}"));
  EXPECT_THAT(reply, HasSubstr("\r\nx-request-id: r1\r\n"));
  EXPECT_THAT(reply, HasSubstr("\r\ncontent-length: 13\r\n"));
  ASSERT_EQ(requests.size(), 1U);
  EXPECT_EQ(requests[0].method, "POST");
  EXPECT_EQ(requests[0].body, R"({ "a" : 1 })");
  EXPECT_EQ(requests[0].headers.get("content-type"), "application/json");
}

TEST_F(ProxyTest, InternalHeadersStayInside) {
  answers["/query"] = json("{}");
  const auto reply =
      ask(post("/rag/query", "{}",
               "x-manta-priority: 9\r\nx-manta-route: forged\r\nx-manta-application: forged\r\nx-session-id: s\r\n"));
  EXPECT_THAT(reply, Not(HasSubstr("x-manta")));
  ASSERT_EQ(requests.size(), 1U);
  EXPECT_FALSE(requests[0].headers.has("x-manta-priority"));
  EXPECT_EQ(requests[0].headers.get("x-manta-route"), "/rag/query");
  EXPECT_FALSE(requests[0].headers.has("x-manta-application")) << "it is the deployment's own";
  EXPECT_EQ(requests[0].headers.get("x-session-id"), "s");
}

TEST_F(ProxyTest, ARequestIdIsMadeWhenThereIsNoneAndTravelsBothWays) {
  answers["/query"] = json("{}");
  const auto reply = ask(post("/rag/query", "{}"));
  const std::string id(requests.at(0).headers.get("x-request-id").value_or(""));
  EXPECT_EQ(id.size(), 15U);
  EXPECT_THAT(reply, HasSubstr("\r\nx-request-id: " + id + "\r\n"));
}

TEST_F(ProxyTest, ARawMethodGetsVerbPathAndQuery) {
  answers["/rag/items/7?x=1"] = json("{}");
  EXPECT_THAT(ask(get("/rag/items/7?x=1")), StartsWith("HTTP/1.1 200"));
  ASSERT_EQ(requests.size(), 1U);
  EXPECT_EQ(requests[0].method, "GET");
  EXPECT_EQ(requests[0].headers.get("x-manta-method"), "item");
}

TEST_F(ProxyTest, CallAnswersAtThePrefix) {
  answers["/call"] = json("1");
  EXPECT_THAT(ask(get("/rag")), EndsWith("\r\n\r\n1"));
  EXPECT_THAT(ask(post("/rag/", "{}")), EndsWith("\r\n\r\n1"));
}

TEST_F(ProxyTest, ATypedMethodGetsTheQueryOfARequestWithoutABody) {
  answers["/call?a=1&b=%20"] = json("1");
  EXPECT_THAT(ask(get("/rag?a=1&b=%20")), EndsWith("\r\n\r\n1"));
  EXPECT_THAT(ask(post("/rag?a=1&b=%20", "")), EndsWith("\r\n\r\n1"));
  answers["/call"] = json("2");
  EXPECT_THAT(ask(post("/rag?a=1", "{}")), EndsWith("\r\n\r\n2"));  // a body says it all
  EXPECT_EQ(requests.at(0).method, "POST");
  EXPECT_EQ(metric("ray_serve_num_router_requests{"),
            "ray_serve_num_router_requests{application=\"rag\",deployment=\"Rag\",handle=\"proxy\",route=\"/rag\"} 3");
}

TEST_F(ProxyTest, AGetThatMayHaveRunIsSentAgain) {
  const auto reader = client();
  reader->send(get("/rag?a=1"));
  ASSERT_EQ(waiting.size(), 1U);
  kill_replica("unix:/rag");
  EXPECT_EQ(reader->receive(), "");
  unreachable_ = false;
  answers["/call?a=1"] = json("1");
  advance(seconds(1));
  EXPECT_THAT(reader->receive(), EndsWith("\r\n\r\n1"));
}

TEST_F(ProxyTest, AnUnknownPathIs404InTextOrJson) {
  const auto text = ask(get("/nowhere?x=1"));
  EXPECT_THAT(text, StartsWith("HTTP/1.1 404 Not Found\r\n"));
  EXPECT_THAT(text, EndsWith("\r\n\r\nPath '/nowhere' not found. Ping http://.../-/routes for available routes."));
  const auto as_json = ask(get("/nowhere", "accept: application/json\r\nx-request-id: r\r\n"));
  EXPECT_THAT(
      as_json,
      EndsWith(
          R"({"error":{"type":"NotFound","code":"not_found","param":null,"message":"Path '/nowhere' not found. Ping )"
          R"(http://.../-/routes for available routes.","request_id":"r"}})"));
  EXPECT_EQ(metric("ray_serve_num_http_requests{"),
            "ray_serve_num_http_requests{application=\"\",method=\"GET\",route=\"unmatched\",status_code=\"404\"} 2");
}

TEST_F(ProxyTest, AKnownPathWithAnotherVerbIs405AndSaysWhatItTakes) {
  const auto reply = ask(get("/rag/query"));
  EXPECT_THAT(reply, StartsWith("HTTP/1.1 405 Method Not Allowed\r\n"));
  EXPECT_THAT(reply, HasSubstr("\r\nallow: POST\r\n"));
  EXPECT_THAT(ask(post("/-/routes", "")), HasSubstr("\r\nallow: GET, HEAD\r\n"));
}

TEST_F(ProxyTest, AnErrorOfTheDeploymentKeepsItsStatusAndLosesItsHeaders) {
  answers["/query"] = [](const net::ExchangePtr& exchange) {
    net::Response response{.status = 429,
                           .body = R"({"error":{"type":"Overloaded","message":"full","retry_after_s":1.2}})"};
    response.headers = {{"content-type", "application/json"}, {"x-manta-error", "Overloaded"}};
    exchange->respond(std::move(response));
  };
  const auto reply = ask(post("/rag/query", "{}", "x-request-id: r\r\n"));
  EXPECT_THAT(reply, StartsWith("HTTP/1.1 429 "));
  EXPECT_THAT(reply, HasSubstr("\r\nretry-after: 2\r\n"));
  EXPECT_THAT(reply, Not(HasSubstr("x-manta")));
  EXPECT_THAT(
      reply,
      EndsWith(
          R"({"error":{"type":"Overloaded","code":"overloaded","param":null,"message":"full","request_id":"r","retry_after_s":1.2}})"));
}

TEST_F(ProxyTest, AFaultOfTheApplicationShowsNoDetailInText) {
  answers["/rag/items/1"] = [](const net::ExchangePtr& exchange) {
    net::Response response{.status = 500, .body = R"({"error":{"type":"AppError","message":"x.cc:12"}})"};
    response.headers = {{"x-manta-error", "AppError"}};
    exchange->respond(std::move(response));
  };
  const auto reply = ask(get("/rag/items/1"));
  EXPECT_THAT(reply, StartsWith("HTTP/1.1 500 "));
  EXPECT_THAT(reply, EndsWith("\r\n\r\nInternal Server Error"));
}

TEST_F(ProxyTest, TheTimeoutHeaderBoundsARequest) {
  const auto patient = client();
  patient->send(post("/rag/query", "{}", "x-request-timeout-seconds: 2\r\n"));
  ASSERT_EQ(waiting.size(), 1U);
  EXPECT_TRUE(waiting[0]->request().headers.has("x-manta-timeout-ms"));
  advance(milliseconds(1999));
  EXPECT_EQ(patient->receive(), "");
  advance(milliseconds(1));
  EXPECT_THAT(patient->receive(), StartsWith("HTTP/1.1 408 "));
  EXPECT_TRUE(waiting[0]->closed());  // cancelled on the replica
}

TEST_F(ProxyTest, ABadTimeoutHeaderIs400) {
  EXPECT_THAT(ask(post("/rag/query", "{}", "x-request-timeout-seconds: soon\r\n")), StartsWith("HTTP/1.1 400 "));
  EXPECT_TRUE(requests.empty());
}

TEST_F(ProxyTest, AClientThatGoesAwayCancelsItsRequestAndCountsAs499) {
  const auto leaving = client();
  leaving->send(post("/rag/query", "{}"));
  ASSERT_EQ(waiting.size(), 1U);
  leaving->hang_up();
  advance(seconds(1));  // the server makes sure that the client has not only ended its own side
  EXPECT_TRUE(waiting[0]->closed());
  EXPECT_EQ(proxy_->ongoing(), 0U);
  EXPECT_THAT(metric("ray_serve_num_http_requests{application=\"rag\""), HasSubstr("status_code=\"499\"} 1"));
  EXPECT_THAT(metric("ray_serve_num_ongoing_http_requests"), EndsWith("} 0"));
}

TEST_F(ProxyTest, SeriesOfARouteGoWithItAlthoughARequestIsStillUnderWay) {
  const auto slow = client();
  slow->send(post("/rag/query", "{}"));
  const auto leaving = client();
  leaving->send(post("/rag/query", "{}"));
  leaving->hang_up();
  advance(seconds(1));
  EXPECT_NE(metric("ray_serve_num_http_requests{application=\"rag\""), "");
  ask(get("/nowhere"));
  spec::RoutingSnapshot without = standard_snapshot();
  without.stamp = {1, 2};
  without.applications.clear();
  publish(without);
  EXPECT_EQ(metric("ray_serve_num_http_requests{application=\"rag\""), "");
  EXPECT_NE(metric("ray_serve_num_http_requests{application=\"\""), "") << "those of no route stay";
  json("{}")(waiting[0]);
  EXPECT_THAT(slow->receive(), StartsWith("HTTP/1.1 200 "));
  spec::RoutingSnapshot again = standard_snapshot();
  again.stamp = {1, 3};
  publish(again);
  EXPECT_THAT(metric("ray_serve_num_http_requests{application=\"rag\""), HasSubstr("status_code=\"200\"} 1"));
}

TEST_F(ProxyTest, ARequestMayOutliveItsClient) {
  const auto leaving = client();
  leaving->send(post("/rag/query", "{}", "x-request-disconnect-disabled: ?1\r\n"));
  ASSERT_EQ(waiting.size(), 1U);
  leaving->hang_up();
  advance(seconds(1));
  EXPECT_FALSE(waiting[0]->closed());
  json("{}")(waiting[0]);
  loop_.poll();
  EXPECT_THAT(metric("ray_serve_num_http_requests{application=\"rag\""), HasSubstr("status_code=\"200\"} 1"));
}

TEST_F(ProxyTest, AReplicaLostUnderARequestThatMayHaveRunIs503WithTheFact) {
  const auto unlucky = client();
  unlucky->send(post("/rag/query", "{}"));
  ASSERT_EQ(waiting.size(), 1U);
  kill_replica("unix:/rag");
  const auto reply = unlucky->receive();
  EXPECT_THAT(reply, StartsWith("HTTP/1.1 503 "));
  EXPECT_THAT(reply, HasSubstr(R"("type":"ReplicaDied")"));
  EXPECT_THAT(reply, HasSubstr(R"("maybe_executed":true)"));
}

TEST_F(ProxyTest, TheOpenApiDocumentIsServed) {
  EXPECT_THAT(ask(get("/rag/openapi.json")), EndsWith("\r\n\r\n{\"openapi\":\"3.1.0\"}"));
}

TEST_F(ProxyTest, SystemPagesAnswerAndYieldOnlyWhereAnApplicationDeclaresThem) {
  EXPECT_THAT(ask(get("/-/healthz")), EndsWith("\r\n\r\nsuccess"));
  EXPECT_THAT(ask(get("/healthz")), StartsWith("HTTP/1.1 200 "));
  EXPECT_THAT(ask(get("/ready")), StartsWith("HTTP/1.1 200 "));
  EXPECT_THAT(ask(get("/-/routes")), EndsWith("\r\n\r\n{\"/rag\":\"rag\"}"));
  auto snapshot = standard_snapshot();
  snapshot.applications[0].edit().route_prefix = "/";
  snapshot.applications[0].edit().routes.push_back({"GET", "/ready", "item"});
  snapshot.deployments[0].edit().methods[3].raw_http = true;  // `call` takes everything below the prefix
  publish(snapshot);
  answers["/ready"] = json("\"mine\"");
  EXPECT_THAT(ask(get("/ready")), EndsWith("\r\n\r\n\"mine\""));
  EXPECT_THAT(ask(get("/-/healthz")), EndsWith("\r\n\r\nsuccess"));
  EXPECT_THAT(ask(get("/healthz")), HasSubstr("{\"status\":\"ok\"}"));
}

TEST_F(ProxyTest, PagesCarryTheRequestsId) {
  for (const char* path : {"/-/healthz", "/ready", "/-/routes", "/rag/openapi.json"}) {
    EXPECT_THAT(ask(get(path, "x-request-id: mine\r\n")), HasSubstr("\r\nx-request-id: mine\r\n")) << path;
    EXPECT_THAT(ask(get(path)), HasSubstr("\r\nx-request-id: ")) << path;
  }
}

TEST_F(ProxyTest, ADrainingProxySaysSo) {
  proxy_->start_draining();
  EXPECT_THAT(ask(get("/-/healthz")), StartsWith("HTTP/1.1 503 "));
  EXPECT_THAT(ask(get("/ready")), StartsWith("HTTP/1.1 503 "));
  EXPECT_THAT(ask(get("/healthz")), StartsWith("HTTP/1.1 200 "));
}

TEST_F(ProxyTest, SaysSoWhileItsNodeIsDrainedAndServesAllTheSame) {
  auto snapshot = standard_snapshot();
  snapshot.draining_nodes = {"another", "local"};
  publish(snapshot);
  EXPECT_THAT(ask(get("/-/healthz")), testing::AllOf(StartsWith("HTTP/1.1 503 "), HasSubstr("being drained")));
  EXPECT_THAT(ask(get("/-/routes")), StartsWith("HTTP/1.1 200 "));
  snapshot.draining_nodes = {"another"};
  publish(snapshot);
  EXPECT_THAT(ask(get("/-/healthz")), StartsWith("HTTP/1.1 200 "));
}

TEST_F(ProxyTest, MetricsJoinReplicasAndKeepTheLastFiguresOfASlowOne) {
  answers["/-/metrics"] = [](const net::ExchangePtr& exchange) {
    exchange->respond({.body = "# HELP ray_serve_x y\n# TYPE ray_serve_x gauge\nray_serve_x{replica=\"1\"} 5\n"});
  };
  const auto first = ask(get("/-/metrics"));
  EXPECT_THAT(first, HasSubstr("\nray_serve_x{replica=\"1\"} 5\n"));
  EXPECT_THAT(first, HasSubstr("\nray_serve_num_ongoing_http_requests{"));
  EXPECT_THAT(first, HasSubstr("\r\nx-request-id: "));
  answers.erase("/-/metrics");
  const auto scraper = client();
  scraper->send(get("/-/metrics"));
  EXPECT_EQ(scraper->receive(), "");
  advance(milliseconds(500));
  EXPECT_THAT(scraper->receive(), HasSubstr("\nray_serve_x{replica=\"1\"} 5\n"));
}

TEST_F(ProxyTest, MetricsForgetAReplicaThatIsGone) {
  answers["/-/metrics"] = [](const net::ExchangePtr& exchange) {
    exchange->respond({.body = "# HELP ray_serve_x y\n# TYPE ray_serve_x gauge\nray_serve_x{replica=\"1\"} 5\n"});
  };
  EXPECT_THAT(ask(get("/-/metrics")), HasSubstr("ray_serve_x{replica"));
  ask(post("/rag/query", "{}"));
  EXPECT_THAT(ask(get("/-/metrics")), HasSubstr("replica_id=\"rag#Rag#1\""));
  answers.erase("/-/metrics");
  const auto scraper = client();
  scraper->send(get("/-/metrics"));  // asks the replica, which does not answer any more
  auto snapshot = standard_snapshot();
  snapshot.deployments[0].edit().replicas.clear();
  publish(snapshot);
  EXPECT_THAT(ask(get("/-/metrics")), Not(HasSubstr("ray_serve_x{replica")));
  advance(milliseconds(500));
  EXPECT_THAT(scraper->receive(), Not(HasSubstr("ray_serve_x{replica")));
  const auto after = ask(get("/-/metrics"));
  EXPECT_THAT(after, Not(HasSubstr("ray_serve_x{replica")));
  EXPECT_THAT(after, Not(HasSubstr("rag#Rag#1")));
}

TEST_F(ProxyTest, RoutesFollowSnapshotsUnderOpenRequests) {
  const auto open = client();
  open->send(post("/rag/query", "{}"));
  auto snapshot = standard_snapshot();
  snapshot.applications[0].edit().route_prefix = "/other";
  publish(snapshot);
  json("{}")(waiting.at(0));
  EXPECT_THAT(open->receive(), StartsWith("HTTP/1.1 200 "));
  EXPECT_THAT(ask(post("/rag/query", "{}")), StartsWith("HTTP/1.1 404 "));
}

TEST_F(ProxyTest, Http2ClientsAreServedAlike) {
  answers["/query"] = json("{}");
  const auto [ours, theirs] = socket_pair();
  server_->accept(theirs);
  net::Channel channel(loop_, ours, {}, budget_);
  net::Request request{.method = "POST", .target = "/rag/query", .body = "{}"};
  request.headers.add("content-type", "application/json");
  auto call = channel.call(std::move(request), seconds(1));
  call.start();
  loop_.poll();
  ASSERT_TRUE(call.done());
  const auto reply = call.take();
  ASSERT_TRUE(reply) << reply.error().message;
  EXPECT_EQ(reply->status, 200);
  EXPECT_TRUE(reply->headers.has("x-request-id"));
}

}  // namespace
}  // namespace manta::ingress
