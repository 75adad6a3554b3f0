// How requests reach a deployment in the proxy's own process, and its answers the client.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>

#include "ingress/hosted_exchange.h"
#include "unit/ingress/fake_hosts.h"

namespace manta::ingress {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class ProxyHostedAnswersTest : public HostingTest {
 protected:
  ProxyHostedAnswersTest() { run(); }

  // A client of whose request the deployment has begun to answer.
  std::unique_ptr<RawClient> streaming(std::string_view type, std::string_view headers = "") {
    auto made = client();
    made->send(post("{}", headers));
    taken()->start(200, {{"content-type", type}, {"x-manta-queue", "0"}});
    return made;
  }
};

TEST_F(ProxyHostedAnswersTest, ARequestArrivesAsItWouldAtAReplicaAndWithItsContext) {
  client()->send(post("{\"a\": 1}",
                      "x-request-id: r1\r\nx-session-id: s1\r\nx-tenant-id: t1\r\nx-request-priority: 3\r\n"
                      "x-request-timeout-seconds: 4.5\r\nx-manta-application: forged\r\n"));
  const net::Request& request = taken()->request();
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.target, "/query");
  EXPECT_EQ(request.body, "{\"a\": 1}");
  EXPECT_EQ(request.headers.get("content-type"), "application/json");
  EXPECT_EQ(request.headers.get("x-manta-application"), std::nullopt);
  const RequestContext& context = *hosts[0]->context;
  EXPECT_EQ(context.request_id, "r1");
  EXPECT_EQ(context.session_id, "s1");
  EXPECT_EQ(context.tenant, "t1");
  EXPECT_EQ(context.priority, 3);
  EXPECT_EQ(context.deadline, loop_.now() + std::chrono::milliseconds(4500));
  EXPECT_EQ(context.application, "rag");
  EXPECT_EQ(context.route, "/rag/query");
}

TEST_F(ProxyHostedAnswersTest, ARawRequestKeepsItsVerbPathAndHeaders) {
  client()->send("GET /rag/items/7?q=1 HTTP/1.1\r\nhost: x\r\nx-own: 5\r\n\r\n");
  const net::Request& request = taken()->request();
  EXPECT_EQ(request.method, "GET");
  EXPECT_EQ(request.target, "/rag/items/7?q=1");
  EXPECT_EQ(request.headers.get("x-manta-method"), "item");
  EXPECT_EQ(request.headers.get("x-own"), "5");
}

TEST_F(ProxyHostedAnswersTest, AWholeAnswerReachesTheClientWithPublicHeaders) {
  const auto asking = client();
  asking->send(post("{}", "x-request-id: r1\r\n"));
  taken()->respond({.headers = {{"content-type", "application/json"}, {"x-manta-queue", "1"}}, .body = "[1]"});
  const std::string reply = asking->receive();
  EXPECT_THAT(reply, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(reply, HasSubstr("content-length: 3\r\n"));
  EXPECT_THAT(reply, HasSubstr("x-request-id: r1\r\n"));
  EXPECT_THAT(reply, Not(HasSubstr("x-manta")));
  EXPECT_THAT(reply, EndsWith("[1]"));
  EXPECT_THAT(metric("ray_serve_num_http_requests{application=\"rag\",method=\"POST\",route=\"/rag/query\""),
              HasSubstr("status_code=\"200\"} 1"));
}

TEST_F(ProxyHostedAnswersTest, AnAnswerWrittenInOneTurnIsSentWhole) {
  const auto asking = client();
  asking->send(post("{}"));
  taken()->start(201, {{"content-type", "application/json"}});
  taken()->write("[1,");
  taken()->write("2]");
  taken()->finish();
  const std::string reply = asking->receive();
  EXPECT_THAT(reply, StartsWith("HTTP/1.1 201 "));
  EXPECT_THAT(reply, HasSubstr("content-length: 5\r\n"));
  EXPECT_THAT(reply, EndsWith("[1,2]"));
}

TEST_F(ProxyHostedAnswersTest, ALongerAnswerIsStreamedAsItIsWritten) {
  const auto asking = streaming("application/jsonl");
  taken()->write("1\n");
  EXPECT_THAT(asking->receive(), EndsWith("2\r\n1\n\r\n"));
  taken()->write("2\n");
  EXPECT_EQ(asking->receive(), "2\r\n2\n\r\n");
  taken()->finish();
  EXPECT_EQ(asking->receive(), "0\r\n\r\n");
}

TEST_F(ProxyHostedAnswersTest, ErrorsBeforeTheHeadHaveTheClientsForm) {
  const auto fails = [](net::ExchangePtr& exchange) {
    exchange->respond({.status = 503,
                       .headers = {{"content-type", "application/json"}, {"x-manta-error", "Overloaded"}},
                       .body = R"({"error":{"type":"Overloaded","message":"full","retry_after_s":2}})"});
  };
  const auto json = client();
  json->send(post("{}", "x-request-id: r1\r\n"));
  fails(taken());
  std::string reply = json->receive();
  EXPECT_THAT(reply, StartsWith("HTTP/1.1 503 "));
  EXPECT_THAT(reply, HasSubstr("retry-after: 2\r\n"));
  EXPECT_THAT(reply, HasSubstr(R"("code":"overloaded","param":null,"message":"full","request_id":"r1")"));
  const auto text = client();
  text->send(post("", "accept: text/plain\r\n"));
  fails(taken());
  EXPECT_THAT(text->receive(), EndsWith("\r\n\r\nfull"));
}

TEST_F(ProxyHostedAnswersTest, AnAnswerThatIsGivenUpBeforeItIsSentIsAnError) {
  const auto asking = client();
  asking->send(post("{}"));
  taken()->start(200, {{"content-type", "application/json"}});
  taken()->write("[1,");
  taken()->abort();
  const std::string reply = asking->receive();
  EXPECT_THAT(reply, StartsWith("HTTP/1.1 503 "));
  EXPECT_THAT(reply, HasSubstr("\"maybe_executed\":true"));
}

TEST_F(ProxyHostedAnswersTest, ARequestThatIsDroppedIsAnsweredWithAnError) {
  const auto asking = client();
  asking->send(post("{}"));
  hosts[0]->requests.clear();
  EXPECT_THAT(asking->receive(), StartsWith("HTTP/1.1 503 "));
}

TEST_F(ProxyHostedAnswersTest, AStreamGivenUpBetweenEventsEndsWithAnErrorEvent) {
  const auto asking = streaming("text/event-stream");
  taken()->write("data: 1\n\n");
  EXPECT_THAT(asking->receive(), EndsWith("data: 1\n\n\r\n"));
  taken()->abort();
  const std::string rest = asking->receive();
  EXPECT_THAT(rest, HasSubstr("event: error\ndata: {\"error\":{\"type\":\"ReplicaDied\""));
  EXPECT_THAT(rest, EndsWith("0\r\n\r\n"));
}

TEST_F(ProxyHostedAnswersTest, AStreamGivenUpWhenItsTimeIsOverSaysSo) {
  const auto asking = streaming("text/event-stream", "x-request-timeout-seconds: 1\r\n");
  taken()->write("data: 1\n\n");
  advance(std::chrono::seconds(1));
  taken()->abort();
  EXPECT_THAT(asking->receive(), HasSubstr("\"type\":\"DeadlineExceeded\""));
}

TEST_F(ProxyHostedAnswersTest, AStreamGivenUpInsideAnEventIsCut) {
  for (const std::string type : {"text/event-stream", "application/jsonl"}) {
    const auto asking = streaming(type);
    taken()->write("data: 1");
    asking->receive();
    taken()->abort();
    EXPECT_THAT(asking->receive(), Not(HasSubstr("0\r\n\r\n")));
    EXPECT_TRUE(asking->closed());
  }
}

TEST_F(ProxyHostedAnswersTest, AClientThatGoesAwayIsToldToTheDeployment) {
  const auto asking = client();
  asking->send(post("{}"));
  bool gone = false;
  taken()->when_closed([&] { gone = true; });
  asking->hang_up();
  advance(std::chrono::seconds(1));  // the server makes sure that the client has not only ended its own side
  EXPECT_TRUE(gone);
  EXPECT_TRUE(taken()->closed());
  hosts[0]->requests.clear();
  EXPECT_THAT(metric("ray_serve_num_http_requests{application=\"rag\",method=\"POST\",route=\"/rag/query\""),
              HasSubstr("status_code=\"499\"} 1"));
}

TEST_F(ProxyHostedAnswersTest, ARequestThatOutlivesItsClientGoesOn) {
  const auto asking = client();
  asking->send(post("{}", "x-request-disconnect-disabled: ?1\r\n"));
  bool gone = false;
  taken()->when_closed([&] { gone = true; });
  taken()->start(200, {{"content-type", "text/event-stream"}});
  taken()->write(std::string(std::size_t{4} << 20, 'x'));
  loop_.poll();
  bool drained = false;
  taken()->when_drained(1024, [&] { drained = true; });
  EXPECT_FALSE(drained);
  asking->hang_up();
  EXPECT_TRUE(drained);
  EXPECT_FALSE(gone);
  EXPECT_FALSE(taken()->closed());
  EXPECT_EQ(taken()->queued(), 0U);
  taken()->finish();
  EXPECT_THAT(metric("ray_serve_num_http_requests{application=\"rag\",method=\"POST\",route=\"/rag/query\""),
              HasSubstr("status_code=\"200\"} 1"));
}

TEST_F(ProxyHostedAnswersTest, ASlowReaderHoldsTheWriterUp) {
  for (const std::string type : {"text/event-stream", "application/octet-stream"}) {
    const auto asking = streaming(type);
    taken()->write(std::string(std::size_t{4} << 20, 'x'));
    bool drained = false;
    taken()->when_drained(1024, [&] { drained = true; });
    loop_.poll();
    EXPECT_GT(taken()->queued(), std::size_t{1} << 20);
    EXPECT_FALSE(drained);
    while (!drained) asking->receive();
    EXPECT_LT(taken()->queued(), 1024U);
    taken()->finish();
    EXPECT_THAT(asking->receive(), EndsWith("0\r\n\r\n"));
  }
}

}  // namespace
}  // namespace manta::ingress
