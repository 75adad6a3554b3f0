// Peers that end their sending side with calls open. HTTP/2 needs both sides for as long as a connection lives (PING,
// SETTINGS and WINDOW_UPDATE have to be answered), so that this is the end of the connection.

#include "net_fixture.h"
#include "raw_http2.h"

namespace manta::net {
namespace {

class H2HalfCloseTest : public TransportTest {};

TEST_P(H2HalfCloseTest, AClientThatStopsSendingHasCancelledWhatIsOpen) {
  serve_and_hold();
  auto peer = connect_raw();
  exchange_raw(peer, raw::hello() + raw::get(1) + raw::get(3));
  exchanges.at(1)->start(200, {});
  int closed = 0;
  for (const auto& exchange : exchanges) exchange->when_closed([&] { ++closed; });
  peer.end_sending();
  settle();
  EXPECT_EQ(closed, 2);
  EXPECT_EQ(server->stats().connections, 0u);
  for (const auto& exchange : exchanges) {
    exchange->write("too late");
    exchange->respond({});
  }
  exchanges.clear();
  settle();
  EXPECT_TRUE(peer.ended());
  EXPECT_EQ(server->stats().exchanges, 0u);
}

TEST_P(H2HalfCloseTest, WhatAClientSentBeforeItStoppedIsNotAnsweredIfItsAnswerIsNotReady) {
  serve({}, echo);
  auto peer = connect_raw();
  peer.send(raw::hello() + raw::get(1));
  settle();
  peer.end_sending();
  settle();
  EXPECT_NE(raw::find(raw::parse(peer.receive()), raw::kHeaders), nullptr);
  EXPECT_TRUE(peer.ended());
}

TEST_P(H2HalfCloseTest, AClientThatStopsInsideABodyGivesItsBudgetBack) {
  serve_and_hold();
  auto peer = connect_raw();
  exchange_raw(peer, raw::hello() + raw::frame(raw::kHeaders, raw::kEndHeaders, 1, raw::request("/", {}, true)) +
                         raw::frame(raw::kData, 0, 1, "part"));
  EXPECT_EQ(budget.used(), 4u);
  peer.end_sending();
  settle();
  EXPECT_EQ(budget.used(), 0u);
  EXPECT_TRUE(exchanges.empty());
}

TEST_P(H2HalfCloseTest, AServerThatStopsSendingFailsOpenCallsOnceAndKeepsWhatHasEnded) {
  const auto pair = connected_pair();
  RawPeer peer(pair[0]);
  Channel channel(loop, pair[1], {}, client_budget);
  TestCall whole(channel, "/"), part(channel, "/"), nothing(channel, "/");
  std::vector<Channel::State> states;
  channel.on_state([&](Channel::State state) { states.push_back(state); });
  settle();
  peer.send(raw::frame(raw::kSettings, 0, 0) + raw::frame(raw::kHeaders, raw::kEndHeaders, 1, "\x88") +
            raw::frame(raw::kData, raw::kEndStream, 1, "whole") +
            raw::frame(raw::kHeaders, raw::kEndHeaders, 3, "\x88") + raw::frame(raw::kData, 0, 3, "part"));
  peer.end_sending();
  settle();
  EXPECT_EQ(whole.failures, 0);
  EXPECT_TRUE(whole.call->ended());
  EXPECT_EQ(whole.call->body(), "whole");
  for (const auto* call : {&part, &nothing}) {
    EXPECT_EQ(call->failures, 1);
    EXPECT_EQ(call->call->failure(), CallFailure::MaybeStarted);
  }
  EXPECT_EQ(states, std::vector{Channel::State::Lost});
  TestCall later(channel, "/");
  settle();
  EXPECT_EQ(later.call->failure(), CallFailure::NeverStarted);
  peer.receive();
  EXPECT_TRUE(peer.ended());
}

INSTANTIATE_TEST_SUITE_P(Over, H2HalfCloseTest, testing::Values(Transport::SocketPair, Transport::Tcp), name_of);

}  // namespace
}  // namespace manta::net
