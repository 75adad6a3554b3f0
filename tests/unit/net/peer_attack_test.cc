// Who does not know the token gets nowhere, is told nothing, and does no harm.

#include <algorithm>

#include "net/peer_proof.h"
#include "peer_fixture.h"
#include "raw_http2.h"

namespace manta::net {
namespace {

using ::testing::HasSubstr;

class PeerAttackTest : public PeerTest {
 protected:
  PeerAttackTest() { serve_echo(knowing(kToken)); }

  // A stranger says this, and no more.
  void expect_closed_without_a_word(std::string_view bytes) {
    RawPeer peer = connect_raw();
    EXPECT_EQ(exchange_raw(peer, bytes), "");
    EXPECT_TRUE(peer.ended());
    EXPECT_EQ(server->stats().connections, 0u);
    EXPECT_EQ(requests, 0);
  }
};

TEST_F(PeerAttackTest, AnotherTokenIsToldNothing) {
  const auto channel = connect_through_wire(knowing("the token of another instance"));
  TestCall call(*channel, "/", "x");
  settle_wire();
  EXPECT_EQ(call.call->failure(), CallFailure::NeverStarted);
  EXPECT_EQ(wire->from_server, "");
  EXPECT_EQ(requests, 0);
  ASSERT_EQ(told.size(), 1u);
  EXPECT_THAT(told[0], HasSubstr("the peer at 127.0.0.1:"));
  EXPECT_THAT(told[0], HasSubstr("does not know this instance's token"));
}

TEST_F(PeerAttackTest, AClientWithoutProofIsToldNothing) {
  const auto channel = connect_through_wire(nullptr);
  TestCall call(*channel, "/", "x");
  settle_wire();
  EXPECT_TRUE(call.call->failure().has_value());
  EXPECT_EQ(wire->from_server, "");
  EXPECT_EQ(requests, 0);
  ASSERT_EQ(told.size(), 1u);
  EXPECT_THAT(told[0], HasSubstr("sent no proof"));
}

TEST_F(PeerAttackTest, OtherProtocolsAreToldNothing) {
  expect_closed_without_a_word("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  expect_closed_without_a_word("G");
  expect_closed_without_a_word(raw::hello() + raw::get(1));
  expect_closed_without_a_word(std::string(100'000, '\xfe'));
  expect_closed_without_a_word("MANTA2\r\n");
  expect_closed_without_a_word("MANTA1\r\n" + std::string(64, 'x'));
  expect_closed_without_a_word("MANTA1\r\n" + std::string(100'000, 'x'));
  EXPECT_EQ(ours->foreign_connections(), 7u);
}

TEST_F(PeerAttackTest, HalfAProofAndThenSilenceIsClosedInTime) {
  const std::string proof = record_a_proof();
  RawPeer nothing = connect_raw(), half = connect_raw(), hello = connect_raw();
  EXPECT_EQ(exchange_raw(half, proof.substr(0, 50)), "");
  EXPECT_EQ(exchange_raw(hello, proof.substr(0, kHello)).size(), kAnswer);
  pass(std::chrono::seconds(9));
  EXPECT_EQ(exchange_raw(half, proof.substr(50, 1)), "");  // what comes late earns no more time
  for (RawPeer* peer : {&nothing, &half, &hello}) EXPECT_FALSE(peer->ended());
  pass(std::chrono::seconds(2));
  for (RawPeer* peer : {&nothing, &half, &hello}) {
    EXPECT_EQ(peer->receive(), "");
    EXPECT_TRUE(peer->ended());
  }
  EXPECT_EQ(ours->foreign_connections(), 3u);
}

TEST_F(PeerAttackTest, ARecordedProofIsNoneTheSecondTime) {
  const std::string proof = record_a_proof();
  EXPECT_EQ(requests, 1);
  RawPeer together = connect_raw(), one_by_one = connect_raw();
  EXPECT_EQ(exchange_raw(together, proof + raw::hello() + raw::get(1)).size(), kAnswer);
  EXPECT_TRUE(together.ended());
  EXPECT_EQ(exchange_raw(one_by_one, proof.substr(0, kHello)).size(), kAnswer);
  EXPECT_EQ(exchange_raw(one_by_one, proof.substr(kHello)), "");
  EXPECT_TRUE(one_by_one.ended());
  EXPECT_EQ(requests, 1);
}

TEST_F(PeerAttackTest, WhatTheServerSaysIsNoProofWhenItComesBack) {
  const std::string hello = record_a_proof().substr(0, kHello);
  RawPeer peer = connect_raw();
  const std::string answer = exchange_raw(peer, hello);
  EXPECT_EQ(exchange_raw(peer, answer.substr(answer.size() - kProof)), "");
  EXPECT_TRUE(peer.ended());
  RawPeer other = connect_raw();
  EXPECT_EQ(exchange_raw(other, answer), "");  // as if it were a hello
  EXPECT_TRUE(other.ended());
}

TEST_F(PeerAttackTest, AServerThatRepeatsWhatItHearsIsNotTrusted) {
  const auto pair = tcp_pair();
  RawPeer mirror(pair[0]);
  Channel channel(loop, pair[1], {.security = knowing(kToken)}, client_budget);
  TestCall call(channel, "/", "secret");
  settle();
  const std::string hello = mirror.receive();
  EXPECT_EQ(hello.size(), kHello);
  EXPECT_EQ(exchange_raw(mirror, hello), "");
  EXPECT_TRUE(mirror.ended());
  EXPECT_EQ(call.call->failure(), CallFailure::NeverStarted);
}

TEST_F(PeerAttackTest, AServerThatLiesLearnsNothing) {
  const std::string answers[] = {"MANTA1\r\n" + std::string(64, 'x'), "HTTP/1.1 200 OK\r\n\r\n", "MANTA9\r\n", "x"};
  for (const std::string& answer : answers) {
    const auto pair = tcp_pair();
    RawPeer liar(pair[0]);
    Channel channel(loop, pair[1], {.security = knowing(kToken)}, client_budget);
    TestCall call(channel, "/", "secret");
    settle();
    EXPECT_EQ(liar.receive().size(), kHello);
    EXPECT_EQ(exchange_raw(liar, answer), "");
    EXPECT_TRUE(liar.ended());
    EXPECT_EQ(call.call->failure(), CallFailure::NeverStarted);
    EXPECT_EQ(call.call->failure_reason(), channel.lost_reason());
    EXPECT_NE(channel.lost_reason(), "");
  }
}

TEST_F(PeerAttackTest, ARecordedAnswerIsNoneForAnotherClient) {
  record_a_proof();
  const auto pair = tcp_pair();
  RawPeer liar(pair[0]);
  Channel channel(loop, pair[1], {.security = knowing(kToken)}, client_budget);
  TestCall call(channel, "/", "secret");
  settle();
  EXPECT_EQ(liar.receive().size(), kHello);
  EXPECT_EQ(exchange_raw(liar, wire->from_server.substr(0, kAnswer)), "");
  EXPECT_TRUE(liar.ended());
  EXPECT_EQ(call.call->failure(), CallFailure::NeverStarted);
}

TEST_F(PeerAttackTest, ManyStrangersDoNotKeepFriendsOut) {
  serve_echo(knowing(kToken), {.internal = true, .max_unproven = 4});
  std::vector<RawPeer> strangers;
  for (int i = 0; i < 20; ++i) strangers.push_back(connect_raw());
  settle();
  EXPECT_EQ(server->stats().connections, 4u);
  const auto channel = connect(knowing(kToken));
  TestCall call(*channel, "/", "x");
  settle();
  EXPECT_EQ(call.call->status(), 200);
  EXPECT_EQ(std::ranges::count_if(strangers, [](RawPeer& peer) { return peer.ended(); }), 17);
  EXPECT_EQ(ours->foreign_connections(), 17u);
}

TEST_F(PeerAttackTest, StrangersAreToldOfAtMostEveryTenSeconds) {
  for (int i = 0; i < 5; ++i) expect_closed_without_a_word("x");
  EXPECT_EQ(told.size(), 1u);
  pass(std::chrono::seconds(11));
  expect_closed_without_a_word("x");
  EXPECT_EQ(told.size(), 2u);
  EXPECT_EQ(told_count, 6u);
  EXPECT_EQ(ours->foreign_connections(), 6u);
}

}  // namespace
}  // namespace manta::net
