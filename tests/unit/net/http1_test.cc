#include "net_fixture.h"

namespace manta::net {
namespace {

constexpr std::string_view kGet = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

class Http1Test : public NetTest {
 protected:
  // What a fresh connection answers.
  std::string ask(std::string_view bytes) {
    auto peer = connect_raw();
    return exchange_raw(peer, bytes);
  }
};

TEST_F(Http1Test, AnswersAndKeepsTheConnection) {
  serve({}, echo);
  auto peer = connect_raw();
  for (int i = 0; i < 3; ++i) {
    const auto answer = exchange_raw(peer, "POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello");
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 OK\r\n")) << answer;
    EXPECT_TRUE(answer.contains("content-length: 5\r\n"));
    EXPECT_TRUE(answer.ends_with("\r\n\r\nhello"));
  }
  EXPECT_FALSE(peer.ended());
}

TEST_F(Http1Test, TheEndOfAChunkedBodyMayComeByteByByte) {
  serve({}, echo);
  auto peer = connect_raw();
  std::string answer = exchange_raw(peer, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
  for (const char byte : std::string_view("0\r\n\r\n")) answer += exchange_raw(peer, std::string_view(&byte, 1));
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 OK\r\n")) << answer;
}

TEST_F(Http1Test, AChunkSizeThatIsNoneIsRefusedHoweverShort) {
  serve({}, echo);
  for (const std::string_view chunk : {"zz\r\n", "0\rz", "\r\n"}) {
    auto peer = connect_raw();
    const std::string answer =
        exchange_raw(peer, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + std::string(chunk));
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 400")) << chunk << ": " << answer;
  }
}

TEST_F(Http1Test, TheHandlerSeesTheRequestWithoutHopByHopFields) {
  serve_and_hold();
  ask("PUT /a?b=c HTTP/1.1\r\nHost: example:80\r\nX-Custom: Some Value \r\nConnection: keep-alive, te\r\nTE: "
      "trailers\r\n"
      "Content-Length: 2\r\n\r\nhi");
  ASSERT_EQ(exchanges.size(), 1u);
  const Request& request = exchanges[0]->request();
  EXPECT_EQ(request.method, "PUT");
  EXPECT_EQ(request.target, "/a?b=c");
  EXPECT_EQ(request.authority, "example:80");
  EXPECT_EQ(request.body, "hi");
  EXPECT_EQ(request.headers.size(), 1u);
  EXPECT_EQ(request.headers.get("x-custom"), "Some Value");
  EXPECT_FALSE(exchanges[0]->is_http2());
}

TEST_F(Http1Test, RequestsMayComeByteByByte) {
  serve({}, echo);
  auto peer = connect_raw();
  std::string answer;
  for (const char c :
       std::string_view("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"))
    answer += exchange_raw(peer, {&c, 1});
  EXPECT_TRUE(answer.ends_with("\r\n\r\nabc")) << answer;
}

TEST_F(Http1Test, TakesChunkedBodiesAndDropsTheirTrailers) {
  serve_and_hold();
  ask("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\n\r\n5;ext=1\r\nhello\r\n6\r\n world\r\n0\r\nX-Late: "
      "1\r\n\r\n");
  ASSERT_EQ(exchanges.size(), 1u);
  EXPECT_EQ(exchanges[0]->request().body, "hello world");
  EXPECT_FALSE(exchanges[0]->request().headers.has("x-late"));
}

TEST_F(Http1Test, TakesBigBodies) {
  serve({}, echo);
  auto peer = connect_raw();
  std::string body(3'000'000, 'x');
  for (std::size_t i = 0; i < body.size(); i += 31) body[i] = static_cast<char>('a' + i % 26);
  const std::string request = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3000000\r\n\r\n" + body;
  std::string answer;
  for (std::size_t at = 0; at < request.size(); at += 50'000) answer += exchange_raw(peer, request.substr(at, 50'000));
  for (int i = 0; i < 200; ++i) {
    loop.poll();
    answer += peer.receive();
  }
  EXPECT_TRUE(answer.ends_with("\r\n\r\n" + body));
  EXPECT_EQ(budget.used(), 0u);
}

TEST_F(Http1Test, AnswersPipelinedRequestsInOrder) {
  serve_and_hold();
  auto peer = connect_raw();
  peer.send("GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\n\r\nGET /3 HTTP/1.1\r\nHost: a\r\n\r\n");
  for (std::size_t i = 0; i < 3; ++i) {
    loop.poll();
    ASSERT_EQ(exchanges.size(), i + 1);
    EXPECT_EQ(exchanges[i]->request().target, "/" + std::to_string(i + 1));
    exchanges[i]->respond({.body = std::to_string(i)});
    loop.poll();
    EXPECT_TRUE(peer.receive().ends_with("\r\n\r\n" + std::to_string(i)));
  }
}

TEST_F(Http1Test, ReadsAheadOnlySoFar) {
  serve_and_hold();
  auto peer = connect_raw();
  std::string flood;
  for (int i = 0; i < 1000; ++i) flood += kGet;
  std::size_t sent = 0;
  for (int i = 0; i < 1000 && peer.send(flood); ++i) {
    sent += flood.size();
    loop.poll();
  }
  EXPECT_EQ(exchanges.size(), 1u);
  EXPECT_LT(sent, 1u << 20);  // the socket's own buffers
}

TEST_F(Http1Test, StreamsInChunks) {
  serve_and_hold();
  auto peer = connect_raw();
  exchange_raw(peer, kGet);
  exchanges.at(0)->start(200, {{"content-type", "text/event-stream"}, {"content-length", "99"}});
  exchanges[0]->write("data: 1\n\n");
  loop.poll();
  const auto first = peer.receive();
  EXPECT_TRUE(first.contains("transfer-encoding: chunked\r\n"));
  EXPECT_FALSE(first.contains("content-length"));
  EXPECT_TRUE(first.ends_with("\r\n\r\n9\r\ndata: 1\n\n\r\n"));
  exchanges[0]->finish();
  loop.poll();
  EXPECT_EQ(peer.receive(), "0\r\n\r\n");
  EXPECT_TRUE(exchange_raw(peer, kGet).empty());
  EXPECT_EQ(exchanges.size(), 2u);
}

TEST_F(Http1Test, AbortClosesWithoutTheFinalChunk) {
  serve_and_hold();
  auto peer = connect_raw();
  exchange_raw(peer, kGet);
  exchanges.at(0)->start(200, {});
  exchanges[0]->write("abc");
  exchanges[0]->abort();
  loop.poll();
  EXPECT_TRUE(peer.receive().ends_with("3\r\nabc\r\n"));
  EXPECT_TRUE(peer.ended());
}

TEST_F(Http1Test, Http10ClosesUnlessAskedTo) {
  serve({}, echo);
  auto peer = connect_raw();
  EXPECT_TRUE(exchange_raw(peer, "GET / HTTP/1.0\r\n\r\n").contains("connection: close\r\n"));
  EXPECT_TRUE(peer.ended());
  auto keeping = connect_raw();
  EXPECT_TRUE(
      exchange_raw(keeping, "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n").contains("connection: keep-alive\r\n"));
  EXPECT_FALSE(keeping.ended());
}

TEST_F(Http1Test, Http10StreamsUntilTheConnectionCloses) {
  serve_and_hold();
  auto peer = connect_raw();
  exchange_raw(peer, "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  exchanges.at(0)->start(200, {});
  exchanges[0]->write("abc");
  exchanges[0]->finish();
  loop.poll();
  const auto answer = peer.receive();
  EXPECT_TRUE(answer.ends_with("\r\n\r\nabc"));
  EXPECT_FALSE(answer.contains("chunked"));
  EXPECT_TRUE(peer.ended());
}

TEST_F(Http1Test, HeadGetsTheHeadersOfAGet) {
  serve({}, [](const ExchangePtr& exchange) { exchange->respond({.body = "12345"}); });
  const auto answer = ask("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_TRUE(answer.contains("content-length: 5\r\n"));
  EXPECT_TRUE(answer.ends_with("\r\n\r\n"));
}

TEST_F(Http1Test, OptionsStarIsPassedOn) {
  serve_and_hold();
  ask("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(exchanges.at(0)->request().target, "*");
}

TEST_F(Http1Test, AbsoluteTargetsBecomePaths) {
  serve_and_hold();
  ask("GET HTTP://x.y:1/a?b HTTP/1.1\r\nHost: ignored\r\n\r\n");
  ask("GET http://x.y HTTP/1.1\r\nHost: ignored\r\n\r\n");
  EXPECT_EQ(exchanges.at(0)->request().target, "/a?b");
  EXPECT_EQ(exchanges[0]->request().authority, "x.y:1");
  EXPECT_EQ(exchanges.at(1)->request().target, "/");
}

TEST_F(Http1Test, ConnectionCloseIsHonoured) {
  serve({}, echo);
  auto peer = connect_raw();
  EXPECT_TRUE(
      exchange_raw(peer, "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").contains("connection: close\r\n"));
  EXPECT_TRUE(peer.ended());
}

TEST_F(Http1Test, ConnectionOptionsAreFoundInListsAndSeveralLinesWhateverTheirCase) {
  serve({}, echo);
  for (const std::string_view fields : {"Connection: te, Close", "CONNECTION:CLOSE",
                                        "connection: x\r\nConnection: , close ,", "Proxy-Connection: close"}) {
    auto peer = connect_raw();
    const std::string answer = exchange_raw(peer, "GET / HTTP/1.1\r\nHost: a\r\n" + std::string(fields) + "\r\n\r\n");
    EXPECT_TRUE(answer.contains("connection: close\r\n")) << fields;
    EXPECT_TRUE(peer.ended()) << fields;
  }
}

TEST_F(Http1Test, NamesAndBlanksAroundValuesMayBeWrittenInManyWays) {
  serve_and_hold();
  ask("GET /a HTTP/1.1\r\nhOsT:\t a:1 \t\r\nX-Empty:\r\nX-Blank: \t \r\nX-Odd~Name:a\tb  c \r\nX-Colon: a:b\r\n\r\n");
  ASSERT_EQ(exchanges.size(), 1u);
  const Request& request = exchanges[0]->request();
  EXPECT_EQ(request.authority, "a:1");
  EXPECT_EQ(request.headers.get("x-empty"), "");
  EXPECT_EQ(request.headers.get("x-blank"), "");
  EXPECT_EQ(request.headers.get("x-odd~name"), "a\tb  c");
  EXPECT_EQ(request.headers.get("x-colon"), "a:b");
  EXPECT_EQ(request.headers.size(), 4u);
}

TEST_F(Http1Test, ContinuesOnlyWhenTheBodyIsWanted) {
  serve({.max_body_bytes = 10}, echo);
  auto peer = connect_raw();
  EXPECT_EQ(exchange_raw(peer, "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n"),
            "HTTP/1.1 100 Continue\r\n\r\n");
  EXPECT_TRUE(exchange_raw(peer, "hello").ends_with("hello"));
  EXPECT_TRUE(ask("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 11\r\n\r\n")
                  .starts_with("HTTP/1.1 413 "));
  EXPECT_TRUE(
      ask("POST / HTTP/1.1\r\nHost: a\r\nExpect: the-worst\r\nContent-Length: 1\r\n\r\n").starts_with("HTTP/1.1 417 "));
}

TEST_F(Http1Test, AnswersCannotBeSplitByHeaderValues) {
  serve({}, [](const ExchangePtr& exchange) {
    exchange->respond(
        {.headers = {{"x-bad", "a\r\nset-cookie: b"}, {"x-good", "c"}, {"transfer-encoding", "chunked"}}});
  });
  const auto answer = ask(kGet);
  EXPECT_FALSE(answer.contains("set-cookie"));
  EXPECT_FALSE(answer.contains("chunked"));
  EXPECT_TRUE(answer.contains("x-good: c\r\n"));
}

TEST_F(Http1Test, OverTheReceiveBudgetItAsksToRetryLater) {
  ReceiveBudget small(10);
  server = std::make_unique<Server>(loop, ServerOptions{}, small, echo);
  const auto answer = ask("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n\r\n");
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 503 "));
  EXPECT_TRUE(answer.contains("retry-after: 1\r\n"));
  EXPECT_EQ(small.used(), 0u);
  server.reset();
}

TEST_F(Http1Test, AHalfClosedClientGetsItsAnswer) {
  serve_and_hold();
  auto peer = connect_raw();
  peer.send(kGet);
  peer.end_sending();
  loop.poll();
  bool closed = false;
  exchanges.at(0)->when_closed([&] { closed = true; });
  pass(std::chrono::seconds(1));
  EXPECT_FALSE(closed);
  exchanges[0]->respond({.body = "still here"});
  loop.poll();
  EXPECT_TRUE(peer.receive().ends_with("still here"));
  EXPECT_TRUE(peer.ended());
}

TEST_F(Http1Test, AClientThatGoesAwayIsNoticedWhileItsAnswerIsPending) {
  serve_and_hold();
  for (const bool started : {false, true}) {
    exchanges.clear();
    auto peer = connect_raw();
    exchange_raw(peer, kGet);
    bool closed = false;
    exchanges.at(0)->when_closed([&] { closed = true; });
    if (started) exchanges[0]->start(200, {});
    loop.poll();
    peer.close();
    loop.poll();
    pass(std::chrono::seconds(1));
    EXPECT_TRUE(closed);
    EXPECT_TRUE(exchanges[0]->closed());
  }
  EXPECT_EQ(server->stats().connections, 0u);
}

}  // namespace
}  // namespace manta::net
