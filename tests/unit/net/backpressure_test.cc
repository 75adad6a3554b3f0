// Slow readers: memory is bounded, producers pause, others are not held up.

#include "net_fixture.h"
#include "raw_http2.h"

namespace manta::net {
namespace {

class BackpressureTest : public TransportTest {
 protected:
  // Writes 1 KiB pieces while less than 16 KiB wait, as a producer of events does.
  void produce(const ExchangePtr& exchange) {
    while (!exchange->closed() && exchange->queued() < (16 << 10)) {
      exchange->write(std::string(1024, 'f'));
      produced += 1024;
    }
    exchange->when_drained(8 << 10, [this, weak = std::weak_ptr(exchange)] {
      if (const auto again = weak.lock()) produce(again);
    });
  }
  std::size_t produced = 0;
};

TEST_P(BackpressureTest, ASlowReaderOfAChannelStopsTheProducerAtItsWindow) {  // trap 6
  serve_and_hold({.internal = true});
  const auto channel = connect_channel();
  TestCall slow(*channel, "/", {}, 32 << 10);
  settle();
  exchanges.at(0)->start(200, {});
  produce(exchanges[0]);
  settle();
  const auto stalled = produced;
  EXPECT_LE(stalled, (32u << 10) + (17u << 10));
  pass(std::chrono::seconds(5));
  EXPECT_EQ(produced, stalled);

  TestCall beside(*channel, "/");
  settle();
  exchanges.at(1)->respond({.body = "not held up"});
  settle();
  EXPECT_EQ(beside.call->body(), "not held up");

  std::size_t read = 0;
  for (int i = 0; i < 100; ++i) {
    read += slow.call->take().size();
    settle();
  }
  EXPECT_GT(read, 1u << 20);
  EXPECT_LE(produced - read, (32u << 10) + (17u << 10));
  slow.call.reset();
  settle();
  EXPECT_TRUE(exchanges[0]->closed());
}

TEST_P(BackpressureTest, WhatASocketDoesNotTakeStaysWhileOtherConnectionsWrite) {
  constexpr std::size_t kBytes = 8 << 20;
  serve_and_hold();
  const std::string hello =
      raw::hello(raw::setting(4, 0x7fffffff)) + raw::frame(raw::kWindow, 0, 0, raw::number(kBytes, 4));
  auto slow = connect_raw();
  exchange_raw(slow, hello + raw::get(1));
  exchanges.at(0)->start(200, {});
  std::string sent;
  while (sent.size() < kBytes) {
    const std::string piece(1000, static_cast<char>('a' + sent.size() / 1000 % 26));
    exchanges[0]->write(piece);
    sent += piece;
  }
  settle();
  EXPECT_GT(exchanges[0]->queued(), 0u);

  auto beside = connect_raw();
  exchange_raw(beside, hello + raw::get(1));
  exchanges.at(1)->respond({.body = "not held up"});
  settle();
  const auto frames = raw::parse(beside.receive());
  ASSERT_NE(raw::find(frames, raw::kData), nullptr);
  EXPECT_EQ(raw::find(frames, raw::kData)->payload, "not held up");

  std::string received;
  settle_until([&] {
    received += slow.receive(1 << 20);
    return exchanges[0]->queued() == 0;
  });
  exchanges[0]->finish();
  settle();
  received += slow.receive(2 * kBytes);
  std::string body;
  for (const auto& frame : raw::parse(received))
    if (frame.type == raw::kData) body += frame.payload;
  EXPECT_TRUE(sent.starts_with(body));
  EXPECT_GT(body.size(), std::size_t{1} << 20);
}

TEST_P(BackpressureTest, TheWindowOfACallIsWhatTheCallerAsksFor) {
  serve_and_hold({.internal = true});
  const auto channel = connect_channel();
  TestCall call(*channel, "/", {}, 256 << 10);
  settle();
  exchanges.at(0)->start(200, {});
  produce(exchanges[0]);
  settle();
  EXPECT_GT(produced, 256u << 10);
  EXPECT_LT(produced, 300u << 10);
}

TEST_P(BackpressureTest, ASlowReaderOnHttp1StopsTheProducer) {
  serve_and_hold();
  auto peer = connect_raw();
  exchange_raw(peer, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  exchanges.at(0)->start(200, {});
  produce(exchanges[0]);
  settle();
  const auto stalled = produced;
  EXPECT_LT(stalled, 2u << 20);  // the socket's own buffers
  settle();
  EXPECT_EQ(produced, stalled);
  std::size_t read = 0;
  for (int i = 0; i < 100; ++i) {
    read += peer.receive(64 << 10).size();
    settle();
  }
  EXPECT_GT(produced, stalled);
  EXPECT_LT(produced, read + (2u << 20));
  peer.close();
  settle();
  EXPECT_TRUE(exchanges[0]->closed());
}

TEST_P(BackpressureTest, DrainedIsToldOnceAndNeverInline) {
  serve_and_hold();
  const auto channel = connect_channel();
  TestCall call(*channel, "/");
  auto peer = connect_raw();
  exchange_raw(peer, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  for (const auto& exchange : exchanges) {
    int told = 0;
    exchange->start(200, {});
    exchange->when_drained(1000, [&] { ++told; });
    EXPECT_EQ(told, 0);
    settle();
    EXPECT_EQ(told, 1);
    exchange->write("x");
    settle();
    EXPECT_EQ(told, 1);
  }
}

TEST_P(BackpressureTest, AProducerIsWokenWhenThePeerGoes) {
  serve_and_hold();
  const auto channel = connect_channel();
  TestCall call(*channel, "/");
  auto peer = connect_raw();
  exchange_raw(peer, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  int woken = 0;
  for (const auto& exchange : exchanges) {
    exchange->start(200, {});
    exchange->write(std::string(4 << 20, 'x'));
    exchange->when_drained(1, [&] { ++woken; });
  }
  settle();
  EXPECT_EQ(woken, 0);
  call.call.reset();
  peer.close();
  settle();
  EXPECT_EQ(woken, 2);
}

TEST_P(BackpressureTest, RequestsWaitWhileTheirConnectionDoesNotReadItsAnswers) {
  serve({.max_write_queue = 1 << 20}, [this](ExchangePtr exchange) {
    exchanges.push_back(exchange);
    exchange->respond({.body = std::string(600 << 10, 'x')});
  });
  auto peer = connect_raw();
  peer.send(raw::hello() + raw::frame(raw::kSettings, raw::kAck, 0));
  settle();
  for (std::uint32_t i = 0; i < 20; ++i) {
    peer.send(raw::get(2 * i + 1));
    settle();
  }
  EXPECT_LE(exchanges.size(), 3u);
  for (std::uint32_t i = 0; i < 20; ++i) peer.send(raw::frame(raw::kReset, 0, 2 * i + 1, raw::number(8, 4)));
  settle();
  EXPECT_EQ(server->stats().exchanges, 0u);
}

TEST_P(BackpressureTest, AStreamThatIsNotReadIsResetAtThePublicDoor) {
  serve({}, [](const ExchangePtr& exchange) { exchange->respond({.body = std::string(1 << 20, 'x')}); });
  auto peer = connect_raw();
  peer.send(raw::hello() + raw::get(1));
  settle();
  peer.receive();
  peer.send(raw::frame(raw::kSettings, raw::kAck, 0));
  for (int i = 0; i < 70; ++i) {
    pass(std::chrono::seconds(1));
    peer.send(raw::frame(raw::kPing, 0, 0, "12345678"));
  }
  const auto frames = raw::parse(peer.receive());
  ASSERT_NE(raw::find(frames, raw::kReset), nullptr);
  EXPECT_EQ(raw::find(frames, raw::kReset)->code(), 8u);
}

TEST_P(BackpressureTest, AnAnswerMayBeResetWhileItIsWrittenFrom) {  // trap 9
  serve_and_hold({.internal = true});
  auto peer = connect_raw();
  peer.send(raw::hello(raw::setting(4, 1 << 24) + raw::setting(5, 1 << 20)) +
            raw::frame(raw::kWindow, 0, 0, raw::number(1 << 24, 4)) + raw::frame(raw::kSettings, raw::kAck, 0) +
            raw::get(1) + raw::get(3));
  settle();
  exchanges.at(0)->respond({.body = std::string(8 << 20, 'x')});
  settle();  // the socket is full: a part of the body is still referred to
  peer.send(raw::frame(raw::kReset, 0, 1, raw::number(8, 4)));
  settle();
  exchanges[0].reset();
  exchanges[1]->respond({.body = "whole"});
  std::string all;
  for (int i = 0; i < 100; ++i) {
    all += peer.receive();
    settle();
  }
  const auto frames = raw::parse(all);
  ASSERT_FALSE(frames.empty());
  EXPECT_EQ(frames.back().payload, "whole");
}

INSTANTIATE_TEST_SUITE_P(Over, BackpressureTest, testing::Values(Transport::SocketPair, Transport::Tcp), name_of);

}  // namespace
}  // namespace manta::net
