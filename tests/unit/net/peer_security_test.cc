// Processes of one instance find each other over TCP; nobody else is let in. Attacks are in peer_attack_test.cc.

#include "net/peer_proof.h"
#include "peer_fixture.h"

namespace manta::net {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

class PeerSecurityTest : public PeerTest {};

TEST_F(PeerSecurityTest, CallsWorkWhereBothSidesKnowTheToken) {
  serve_echo(knowing(kToken));
  const auto channel = connect(knowing(kToken));
  EXPECT_EQ(channel->state(), Channel::State::Connecting);
  const std::string body(std::size_t{5} << 20, 'x');
  TestCall small(*channel, "/", "hello"), big(*channel, "/", body);
  settle_until([&] { return small.call->ended() && big.call->ended(); });
  EXPECT_EQ(channel->state(), Channel::State::Up);
  EXPECT_EQ(small.call->body(), "hello");
  EXPECT_TRUE(big.call->body() == body);
  EXPECT_TRUE(told.empty());
}

TEST_F(PeerSecurityTest, StreamsWork) {
  serve_and_hold({.internal = true, .security = knowing(kToken)});
  const auto channel = connect(knowing(kToken));
  TestCall call(*channel, "/", "x");
  settle();
  ASSERT_EQ(exchanges.size(), 1u);
  exchanges[0]->start(200, {});
  exchanges[0]->write("one");
  settle();
  EXPECT_EQ(call.call->take(), "one");
  exchanges[0]->write("two");
  exchanges[0]->finish({{"x-end", "yes"}});
  settle();
  EXPECT_EQ(call.call->take(), "two");
  EXPECT_TRUE(call.call->ended());
}

TEST_F(PeerSecurityTest, TheFirstRequestLeavesAfterOneRoundTrip) {
  serve_echo(knowing(kToken));
  const auto channel = connect_through_wire(knowing(kToken));
  TestCall call(*channel, "/", "x");
  settle();
  wire->pump();
  EXPECT_EQ(wire->from_client.size(), kHello);
  settle();
  wire->pump();
  EXPECT_EQ(wire->from_server.size(), kAnswer);
  settle();
  wire->pump();
  settle();
  EXPECT_EQ(requests, 1);
}

TEST_F(PeerSecurityTest, TheTokenIsNeverSent) {
  serve_echo(knowing(kToken));
  record_a_proof();
  EXPECT_FALSE(wire->from_client.contains(kToken));
  EXPECT_FALSE(wire->from_server.contains(kToken));
}

TEST_F(PeerSecurityTest, ConnectingByAddressNamesThePeerThatDoesNotKnowTheToken) {
  serve_echo(knowing(kToken));
  const auto fd = listen_on({"127.0.0.1:0"});
  const Address address = local_address(fd.value()).value();
  server->listen(*fd);
  Channel friendly(loop, address, {.security = knowing(kToken)}, client_budget);
  Channel foreign(loop, address, {.security = knowing("the token of another instance")}, client_budget);
  TestCall good(friendly, "/", "x"), bad(foreign, "/", "x");
  settle_until([&] { return good.call->ended() && bad.failures != 0; });
  EXPECT_EQ(bad.call->failure(), CallFailure::NeverStarted);
  EXPECT_THAT(bad.call->failure_reason(),
              StartsWith("the peer at " + address.text + " does not know this instance's token"));
  EXPECT_EQ(foreign.lost_reason(), bad.call->failure_reason());
  EXPECT_EQ(requests, 1);
}

TEST_F(PeerSecurityTest, APeerThatIsNotThereIsSaidToBe) {
  const auto fd = listen_on({"127.0.0.1:0"});
  const Address address = local_address(fd.value()).value();
  ::close(*fd);
  Channel channel(loop, address, {.security = knowing(kToken)}, client_budget);
  TestCall call(channel, "/", "x");
  settle_until([&] { return call.failures == 1; });
  EXPECT_THAT(channel.lost_reason(), StartsWith("cannot connect"));
}

TEST_F(PeerSecurityTest, AServerThatNeverAnswersIsGivenUpInTime) {
  const auto pair = tcp_pair();
  RawPeer silent(pair[0]);
  Channel channel(loop, pair[1], {.security = knowing(kToken)}, client_budget);
  TestCall call(channel, "/", "x");
  settle();
  pass(std::chrono::seconds(6));
  EXPECT_EQ(call.call->failure(), CallFailure::NeverStarted);
  EXPECT_THAT(channel.lost_reason(), HasSubstr("did not prove in time"));
}

TEST_F(PeerSecurityTest, AServerThatAsksForNoProofIsNotTrusted) {
  serve_echo(nullptr);
  const auto channel = connect(knowing(kToken));
  TestCall call(*channel, "/", "x");
  settle();
  EXPECT_EQ(call.call->failure(), CallFailure::NeverStarted);
  EXPECT_THAT(channel->lost_reason(), HasSubstr("asks for no proof"));
  EXPECT_EQ(requests, 0);
}

TEST_F(PeerSecurityTest, UnixSocketsNeedNoProof) {
  serve_echo(knowing(kToken));
  const auto pair = socket_pair(), other = socket_pair();
  server->accept(pair[0]);
  server->accept(other[0]);
  RawPeer raw(pair[1]);
  Channel channel(loop, other[1], {.security = knowing(kToken)}, client_budget);
  EXPECT_EQ(channel.state(), Channel::State::Up);
  TestCall call(channel, "/", "x");
  EXPECT_THAT(exchange_raw(raw, "GET / HTTP/1.1\r\nHost: a\r\n\r\n"), StartsWith("HTTP/1.1 200 "));
  EXPECT_EQ(call.call->body(), "x");
}

TEST_F(PeerSecurityTest, EitherProtocolMayFollowTheProofWhichMayComeInPieces) {
  serve_echo(knowing(kToken));
  RawPeer peer = connect_raw();
  PeerProof proof(PeerProof::Role::Client, kToken, "", make_nonce());
  std::string answer;
  for (const char byte : proof.start()) answer += exchange_raw(peer, {&byte, 1});
  const std::string last = proof.take(answer).value();
  EXPECT_EQ(exchange_raw(peer, last.substr(0, 5)), "");
  const std::string request = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
  EXPECT_THAT(exchange_raw(peer, last.substr(5) + request), StartsWith("HTTP/1.1 200 "));
}

TEST_F(PeerSecurityTest, ItIsMadeOfWhatCanBeUsed) {
  EXPECT_THAT(PeerSecurity::make({.token = "too short"}).error().message, HasSubstr("16 bytes"));
  EXPECT_THAT(PeerSecurity::make({.token = std::string(kToken), .certificate_file = "c.pem"}).error().message,
              HasSubstr("all three or none"));
}

TEST_F(PeerSecurityTest, DrainingDoesNotWaitForWhoHasNotProvedItself) {
  serve_echo(knowing(kToken));
  RawPeer peer = connect_raw();
  const auto channel = connect(knowing(kToken));
  TestCall call(*channel, "/", "x");
  settle();
  bool drained = false;
  server->drain([&] { drained = true; });
  settle();
  EXPECT_TRUE(drained);
  EXPECT_TRUE(peer.ended());
  EXPECT_EQ(call.call->status(), 200);
  EXPECT_TRUE(told.empty());
}

TEST_F(PeerSecurityTest, EitherEndMayGoDuringTheProof) {
  serve_echo(knowing(kToken));
  auto channel = connect_through_wire(knowing(kToken));
  TestCall call(*channel, "/", "x");
  settle();
  wire->pump();
  channel.reset();
  settle_wire();
  EXPECT_EQ(call.call->failure(), CallFailure::NeverStarted);
  EXPECT_EQ(server->stats().connections, 0u);
  auto other = connect_through_wire(knowing(kToken));
  TestCall lost(*other, "/", "x");
  settle();
  wire->pump();
  server.reset();
  settle_wire();
  EXPECT_EQ(lost.call->failure(), CallFailure::NeverStarted);
  EXPECT_EQ(requests, 0);
}

}  // namespace
}  // namespace manta::net
