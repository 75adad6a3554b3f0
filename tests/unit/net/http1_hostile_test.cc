// Requests that are malformed, too large, too slow, or meant to be read differently by someone else.

#include "net_fixture.h"

namespace manta::net {
namespace {

struct BadRequest {
  std::string name;
  std::string bytes;
  int status;
};

void PrintTo(const BadRequest& bad, std::ostream* out) { *out << bad.name; }

class Http1BadRequestTest : public NetTest, public testing::WithParamInterface<BadRequest> {};

TEST_P(Http1BadRequestTest, IsRefusedWithAJsonErrorAndTheConnectionCloses) {
  serve_and_hold({.max_header_bytes = 20'000, .max_body_bytes = 1000});
  auto peer = connect_raw();
  const auto answer = exchange_raw(peer, GetParam().bytes);
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 " + std::to_string(GetParam().status) + " ")) << answer;
  EXPECT_TRUE(answer.contains("connection: close\r\n"));
  EXPECT_TRUE(answer.contains("content-type: application/json\r\n"));
  EXPECT_TRUE(answer.contains(R"({"error":{"type":")"));
  EXPECT_TRUE(exchanges.empty());
  EXPECT_TRUE(peer.ended());
  pass(std::chrono::seconds(5));
  EXPECT_EQ(server->stats().connections, 0u);
}

std::vector<BadRequest> bad_requests() {
  const std::string post = "POST / HTTP/1.1\r\nHost: a\r\n";
  return {
      {"BothLengths", post + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
      {"BothLengthsReversed", post + "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n", 400},
      {"TwoLengths", post + "Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd", 400},
      {"TwoEqualLengths", post + "Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc", 400},
      {"ListOfLengths", post + "Content-Length: 3, 3\r\n\r\nabc", 400},
      {"SignedLength", post + "Content-Length: +3\r\n\r\nabc", 400},
      {"NegativeLength", post + "Content-Length: -3\r\n\r\nabc", 400},
      {"HexLength", post + "Content-Length: 0x3\r\n\r\nabc", 400},
      {"EmptyLength", post + "Content-Length:\r\n\r\nabc", 400},
      {"UnknownCoding", post + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 501},
      {"MisspelledCoding", post + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", 501},
      {"TwoCodings", post + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
      {"CodingInHttp10", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
      {"BadChunkSize", post + "Transfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n", 400},
      {"ChunkTooLong", post + "Transfer-Encoding: chunked\r\n\r\n3\r\nabcd\r\n0\r\n\r\n", 400},
      {"ChunkSizeOverflow", post + "Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n", 400},
      {"ChunkLargerThanTheLimit", post + "Transfer-Encoding: chunked\r\n\r\n3e9\r\n", 413},
      {"EndlessChunkExtension", post + "Transfer-Encoding: chunked\r\n\r\n1;" + std::string(5000, 'x'), 400},
      {"BareLineFeeds", "GET / HTTP/1.1\nHost: a\n\n", 400},
      {"OneBareLineFeed", "GET / HTTP/1.1\r\nHost: a\nX: y\r\n\r\n", 400},
      {"BareCarriageReturn", "GET / HTTP/1.1\r\nHost: a\rX: y\r\n\r\n", 400},
      {"FoldedLine", "GET / HTTP/1.1\r\nHost: a\r\nX: y\r\n z\r\n\r\n", 400},
      {"FoldedCoding", post + "Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n", 400},
      {"SpaceBeforeColon", "GET / HTTP/1.1\r\nHost : a\r\n\r\n", 400},
      {"SpaceInName", "GET / HTTP/1.1\r\nHost: a\r\nX Y: z\r\n\r\n", 400},
      {"EmptyName", "GET / HTTP/1.1\r\nHost: a\r\n: z\r\n\r\n", 400},
      {"ZeroByteInValue", std::string("GET / HTTP/1.1\r\nHost: a\r\nX: a") + '\0' + "b\r\n\r\n", 400},
      {"ControlInTarget", "GET /\x01 HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"NonAsciiTarget", "GET /\xc3\xa4 HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"FragmentInTarget", "GET /#x HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"TargetWithoutSlash", "GET x HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"StarForGet", "GET * HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"Connect", "CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n", 501},
      {"ConnectionOptionThatIsNoToken", "GET / HTTP/1.1\r\nHost: a\r\nConnection: close, a@b\r\n\r\n", 400},
      {"NameWithoutColon", "GET / HTTP/1.1\r\nHost: a\r\nX\r\n\r\n", 400},
      {"NonAsciiName", "GET / HTTP/1.1\r\nHost: a\r\nX\xc3\xa4: z\r\n\r\n", 400},
      {"ControlAfterAWholeBlock", "GET /0123456789abcdef HTTP/1.1\r\nHost: a\r\nX: 0123456789abcdef\x7f\r\n\r\n", 400},
      {"MethodThatIsNoToken", "GE@T / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"NoMethod", " / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"NoTarget", "GET  HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"TwoSpacesBeforeTheTarget", "GET  / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"TwoSpacesBeforeTheVersion", "GET /  HTTP/1.1\r\nHost: a\r\n\r\n", 505},
      {"SpaceAfterTheVersion", "GET / HTTP/1.1 \r\nHost: a\r\n\r\n", 505},
      {"LowerCaseVersion", "GET / http/1.1\r\nHost: a\r\n\r\n", 505},
      {"NoHost", "GET / HTTP/1.1\r\n\r\n", 400},
      {"TwoHosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400},
      {"SpaceInHost", "GET / HTTP/1.1\r\nHost: a b\r\n\r\n", 400},
      {"NoVersion", "GET /\r\n\r\n", 400},
      {"Version2", "GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505},
      {"Version12", "GET / HTTP/1.2\r\nHost: a\r\n\r\n", 505},
      {"TlsHello", "\x16\x03\x01\x02", 400},
      {"LongTarget", "GET /" + std::string(9000, 'x') + " HTTP/1.1\r\nHost: a\r\n\r\n", 414},
      {"EndlessTarget", "GET /" + std::string(9000, 'x'), 414},
      {"LargeHeaders", "GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(20'000, 'x') + "\r\n\r\n", 431},
      {"EndlessHeaders", "GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(21'000, 'x'), 431},
      {"LargeBody", post + "Content-Length: 1001\r\n\r\n", 413},
      {"HugeLength", post + "Content-Length: 99999999999999999999999\r\n\r\n", 400},
  };
}
INSTANTIATE_TEST_SUITE_P(All, Http1BadRequestTest, testing::ValuesIn(bad_requests()),
                         [](const auto& info) { return info.param.name; });

class Http1TimeoutTest : public NetTest {};

TEST_F(Http1TimeoutTest, SlowHeadersGet408EvenIfBytesTrickle) {
  serve_and_hold();
  auto peer = connect_raw();
  std::string answer;
  for (int i = 0; i < 12 && answer.empty(); ++i) {
    exchange_raw(peer, i == 0 ? "GET / HTTP/1.1\r\nX: " : "x");
    pass(std::chrono::seconds(1));
    answer = peer.receive();
  }
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 408 ")) << answer;
}

TEST_F(Http1TimeoutTest, ABodyThatStopsComingGets408) {
  serve_and_hold();
  auto peer = connect_raw();
  exchange_raw(peer, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n");
  for (int i = 0; i < 5; ++i) {
    pass(std::chrono::seconds(29));
    EXPECT_EQ(exchange_raw(peer, std::string(32 << 10, 'x')), "");
  }
  pass(std::chrono::seconds(31));
  EXPECT_TRUE(peer.receive().starts_with("HTTP/1.1 408 "));
  EXPECT_EQ(budget.used(), 0u);
}

TEST_F(Http1TimeoutTest, IdleConnectionsAreClosed) {
  serve({}, echo);
  auto peer = connect_raw();
  for (int i = 0; i < 3; ++i) {
    exchange_raw(peer, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    pass(std::chrono::seconds(89));
  }
  EXPECT_FALSE(peer.ended());
  pass(std::chrono::seconds(2));
  EXPECT_TRUE(peer.ended());
}

TEST_F(Http1TimeoutTest, APendingAnswerHasNoTimeLimit) {
  serve_and_hold();
  auto peer = connect_raw();
  exchange_raw(peer, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  pass(std::chrono::hours(1));
  exchanges.at(0)->respond({.body = "at last"});
  loop.poll();
  EXPECT_TRUE(peer.receive().ends_with("at last"));
}

TEST_F(Http1TimeoutTest, AClientThatStopsReadingIsCutOff) {
  serve_and_hold();
  auto peer = connect_raw();
  exchange_raw(peer, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  exchanges.at(0)->respond({.body = std::string(8 << 20, 'x')});
  loop.poll();
  pass(std::chrono::seconds(59));
  EXPECT_EQ(server->stats().connections, 1u);
  peer.receive(1 << 20);
  loop.poll();
  pass(std::chrono::seconds(59));
  EXPECT_EQ(server->stats().connections, 1u);
  pass(std::chrono::seconds(2));
  EXPECT_EQ(server->stats().connections, 0u);
}

TEST_F(Http1TimeoutTest, ALargeRequestCanStillReadWhyItWasRefused) {
  serve_and_hold({.max_body_bytes = 10});
  auto peer = connect_raw();
  peer.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n" + std::string(50'000, 'x'));
  loop.poll();
  peer.send(std::string(50'000, 'x'));
  loop.poll();
  EXPECT_TRUE(peer.receive().starts_with("HTTP/1.1 413 "));
  EXPECT_TRUE(peer.ended());
  pass(std::chrono::seconds(3));
  EXPECT_EQ(server->stats().connections, 0u);
}

}  // namespace
}  // namespace manta::net
