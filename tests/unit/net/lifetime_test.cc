// Servers, channels, calls and exchanges may go at any time, also from inside their own callbacks.

#include "net_fixture.h"

namespace manta::net {
namespace {

class LifetimeTest : public TransportTest {};

TEST_P(LifetimeTest, DestroyingTheChannelFailsOpenCallsLater) {
  serve_and_hold({.internal = true});
  auto channel = connect_channel();
  TestCall sent(*channel, "/");
  settle();
  TestCall unsent(*channel, "/");
  channel.reset();
  EXPECT_EQ(sent.failures, 0);
  settle();
  EXPECT_EQ(sent.failures, 1);
  EXPECT_EQ(sent.call->failure(), CallFailure::MaybeStarted);
  EXPECT_EQ(unsent.call->failure(), CallFailure::NeverStarted);
  EXPECT_TRUE(exchanges.at(0)->closed());
}

TEST_P(LifetimeTest, ACallMayDestroyItselfInItsUpdate) {
  serve({.internal = true}, echo);
  const auto channel = connect_channel();
  TestCall call(*channel, "/", "x");
  call.on_update = [&] { call.call.reset(); };
  settle();
  EXPECT_EQ(call.call, nullptr);
  EXPECT_EQ(channel->open_calls(), 0u);
}

TEST_P(LifetimeTest, AChannelMayBeDestroyedInAnUpdate) {
  serve({.internal = true}, echo);
  auto channel = connect_channel();
  TestCall first(*channel, "/", "x"), second(*channel, "/", "y");
  first.on_update = [&] { channel.reset(); };
  settle();
  EXPECT_TRUE(first.call->ended());
  EXPECT_EQ(first.updates, 1);
  EXPECT_EQ(second.updates, 1);
}

TEST_P(LifetimeTest, AChannelMayBeDestroyedInOnState) {
  serve({.internal = true}, echo);
  auto channel = connect_channel();
  channel->on_state([&](Channel::State) { channel.reset(); });
  server.reset();
  settle();
  EXPECT_EQ(channel, nullptr);
}

TEST_P(LifetimeTest, AServerMayBeDestroyedInItsHandler) {
  for (const bool http2 : {true, false}) {
    ExchangePtr kept;
    serve({.internal = http2}, [&](ExchangePtr exchange) {
      kept = std::move(exchange);
      server.reset();
    });
    if (http2) {
      const auto channel = connect_channel();
      TestCall call(*channel, "/");
      settle();
      EXPECT_EQ(call.failures, 1);
    } else {
      auto peer = connect_raw();
      peer.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
      settle();
      EXPECT_TRUE(peer.ended());
    }
    EXPECT_TRUE(kept->closed());
    kept->respond({});
  }
}

TEST_P(LifetimeTest, DestroyingTheServerTellsOpenExchanges) {
  serve_and_hold();
  auto peer = connect_raw();
  const auto channel = connect_channel();
  TestCall call(*channel, "/");
  peer.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  settle();
  ASSERT_EQ(exchanges.size(), 2u);
  int closed = 0;
  for (const auto& exchange : exchanges) exchange->when_closed([&] { ++closed; });
  server.reset();
  EXPECT_EQ(closed, 0);
  settle();
  EXPECT_EQ(closed, 2);
  for (const auto& exchange : exchanges) exchange->respond({.body = "too late"});
}

TEST_P(LifetimeTest, AnExchangeMayBeDroppedInWhenClosed) {
  serve_and_hold();
  auto peer = connect_raw();
  const auto channel = connect_channel();
  TestCall call(*channel, "/");
  peer.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  settle();
  for (auto& exchange : exchanges) exchange->when_closed([&exchange] { exchange.reset(); });
  server.reset();
  settle();
  EXPECT_EQ(exchanges[0], nullptr);
  EXPECT_EQ(exchanges[1], nullptr);
}

TEST_P(LifetimeTest, ADroppedExchangeAnswers500) {
  serve({}, [](const ExchangePtr&) {});
  const auto channel = connect_channel();
  TestCall call(*channel, "/");
  auto peer = connect_raw();
  EXPECT_TRUE(exchange_raw(peer, "GET / HTTP/1.1\r\nHost: a\r\n\r\n").starts_with("HTTP/1.1 500 "));
  EXPECT_EQ(call.call->status(), 500);
}

TEST_P(LifetimeTest, AHandlerThatThrowsAnswers500) {
  serve({}, [](const ExchangePtr&) { throw std::runtime_error("no"); });
  const auto channel = connect_channel();
  TestCall call(*channel, "/");
  settle();
  EXPECT_EQ(call.call->status(), 500);
}

TEST_P(LifetimeTest, ADroppedStreamIsTruncated) {
  serve_and_hold();
  const auto channel = connect_channel();
  TestCall call(*channel, "/");
  auto peer = connect_raw();
  peer.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  settle();
  for (auto& exchange : exchanges) {
    exchange->start(200, {});
    exchange->write("part");
  }
  exchanges.clear();
  settle();
  EXPECT_EQ(call.call->failure(), CallFailure::Reset);
  EXPECT_EQ(call.call->body(), "part");
  EXPECT_TRUE(peer.receive().ends_with("4\r\npart\r\n"));
  EXPECT_TRUE(peer.ended());
}

TEST_P(LifetimeTest, DescriptorsGoBackToWhatTheyWere) {
  settle();
  const auto before = open_descriptors();
  for (int i = 0; i < 10; ++i) {
    serve_and_hold();
    auto peer = connect_raw();
    const auto channel = connect_channel();
    TestCall call(*channel, "/");
    peer.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    settle();
    if (i % 2 == 0) server.reset();
    exchanges.clear();
  }
  server.reset();
  settle();
  EXPECT_EQ(open_descriptors(), before);
}

TEST_P(LifetimeTest, TheLoopMayGoFirst) {
  auto own = std::make_unique<Loop>(clock);
  ExchangePtr kept;
  std::unique_ptr<ClientCall> call;
  {
    Server on_own(*own, {.internal = true}, budget, [&](ExchangePtr exchange) { kept = std::move(exchange); });
    const auto pair = connected_pair();
    on_own.accept(pair[0]);
    Channel channel(*own, pair[1], {}, client_budget);
    call = channel.start({.path = "/"}, [] {});
    own->poll();
    ASSERT_NE(kept, nullptr);
  }
  own.reset();
  kept.reset();
  call.reset();
}

INSTANTIATE_TEST_SUITE_P(Over, LifetimeTest, testing::Values(Transport::SocketPair, Transport::Tcp), name_of);

}  // namespace
}  // namespace manta::net
