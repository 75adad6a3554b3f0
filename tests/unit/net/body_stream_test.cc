// Bodies that a handler takes as they come.

#include "net/body_stream.h"

#include "net_fixture.h"
#include "raw_http2.h"

namespace manta::net {
namespace {

constexpr std::string_view kChunkedHead = "POST /items HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";

std::string chunk(std::string_view bytes) {
  char size[16];
  std::snprintf(size, sizeof size, "%zx\r\n", bytes.size());
  return size + std::string(bytes) + "\r\n";
}

class BodyStreamTest : public NetTest {
 protected:
  BodyStreamTest() {
    serve_and_hold();
    server->stream_bodies([this](const Request& head) {
      ++asked;
      return head.target == "/items";
    });
  }
  BodyStream& body() {
    EXPECT_FALSE(exchanges.empty());
    return *exchanges.back()->body_stream();
  }
  // An HTTP/2 request without a length, its head sent.
  RawPeer open_http2() {
    auto peer = connect_raw();
    exchange_raw(peer, raw::hello() + raw::frame(raw::kSettings, raw::kAck, 0) +
                           raw::frame(raw::kHeaders, raw::kEndHeaders, 1, raw::request("/items", {}, true)));
    return peer;
  }
  static std::string data(std::string_view bytes, int flags = raw::kNone) {
    return raw::frame(raw::kData, flags, 1, bytes);
  }
  int asked = 0;
};

TEST_F(BodyStreamTest, TheHandlerHasTheHeadAndEachPieceAsItComes) {
  auto peer = connect_raw();
  exchange_raw(peer, kChunkedHead);
  ASSERT_EQ(exchanges.size(), 1u);
  EXPECT_EQ(body().take(), "");
  exchange_raw(peer, chunk("one"));
  EXPECT_EQ(body().take(), "one");
  EXPECT_FALSE(body().ended());
  exchange_raw(peer, chunk("two") + "0\r\n\r\n");
  EXPECT_EQ(body().take(), "two");
  EXPECT_TRUE(body().ended());
  EXPECT_FALSE(body().failure());
  exchanges.back()->respond({.body = "done"});
  settle();
  EXPECT_TRUE(peer.receive().ends_with("done"));
  EXPECT_TRUE(exchange_raw(peer, "GET / HTTP/1.1\r\nHost: a\r\n\r\n").empty());
  EXPECT_EQ(exchanges.size(), 2u) << "the connection is used again";
}

TEST_F(BodyStreamTest, AnAnswerGoesBackBeforeTheBodyHasEnded) {
  auto peer = connect_raw();
  exchange_raw(peer, std::string(kChunkedHead) + chunk("1\n"));
  exchanges.back()->start(200, {});
  exchanges.back()->write("first");
  settle();
  EXPECT_TRUE(peer.receive().ends_with("5\r\nfirst\r\n"));
  EXPECT_EQ(exchange_raw(peer, chunk("2\n")), "");
  EXPECT_EQ(body().take(), "1\n2\n");
  exchange_raw(peer, "0\r\n\r\n");
  exchanges.back()->finish();
  settle();
  EXPECT_EQ(peer.receive(), "0\r\n\r\n");
  EXPECT_FALSE(peer.ended());
}

TEST_F(BodyStreamTest, ShortBodiesAndOtherPathsAreGivenWhole) {
  auto peer = connect_raw();
  exchange_raw(peer, "POST /items HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello");
  EXPECT_EQ(asked, 0);
  EXPECT_EQ(exchanges.back()->body_stream(), nullptr);
  EXPECT_EQ(exchanges.back()->request().body, "hello");
  auto other = connect_raw();
  exchange_raw(other,
               "POST /else HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk("x") + "0\r\n\r\n");
  EXPECT_EQ(asked, 1);
  EXPECT_EQ(exchanges.back()->body_stream(), nullptr);
  EXPECT_EQ(exchanges.back()->request().body, "x");
}

TEST_F(BodyStreamTest, ABodyMayBeLongerThanTheLimitOfOthers) {
  constexpr std::size_t kLength = 100 << 20;
  auto peer = connect_raw();
  exchange_raw(peer, "POST /items HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(kLength) + "\r\n\r\n");
  ASSERT_EQ(exchanges.size(), 1u);
  const std::string piece(32 << 10, 'x');
  std::size_t taken = 0;
  for (std::size_t sent = 0; sent < kLength; sent += piece.size()) {
    peer.send(piece);
    settle();
    const std::size_t came = body().take().size();
    taken += came;
    body().done_with(came);
  }
  EXPECT_EQ(taken, kLength);
  EXPECT_TRUE(body().ended());
  EXPECT_EQ(budget.used(), 0u);
}

TEST_F(BodyStreamTest, WhatNobodyTakesStopsTheSender) {
  auto peer = connect_raw();
  exchange_raw(peer, kChunkedHead);
  const std::string piece = chunk(std::string(16 << 10, 'x'));
  for (int i = 0; i < 64; ++i) {
    ::send(peer.fd(), piece.data(), piece.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    settle();
  }
  EXPECT_LE(body().waiting(), 128u << 10);
  EXPECT_EQ(budget.used(), body().waiting());
  const std::size_t first = body().take().size();
  settle();
  EXPECT_GT(body().waiting(), 0u) << "taking lets more come";
  EXPECT_EQ(budget.used(), first + body().waiting()) << "what was taken is still in memory";
}

TEST_F(BodyStreamTest, ABrokenBodyIsToldAndTheAnswerStillGoes) {
  auto peer = connect_raw();
  exchange_raw(peer, std::string(kChunkedHead) + chunk("good") + "zz\r\n");
  EXPECT_EQ(body().take(), "good");
  ASSERT_TRUE(body().failure());
  EXPECT_EQ(body().failure()->code, ErrorCode::InvalidArgument);
  exchanges.back()->respond({.status = 400});
  settle();
  EXPECT_TRUE(peer.receive().starts_with("HTTP/1.1 400"));
  EXPECT_TRUE(peer.ended());
}

TEST_F(BodyStreamTest, AClientThatGoesInTheMiddleIsGone) {
  auto peer = connect_raw();
  exchange_raw(peer, std::string(kChunkedHead) + chunk("good"));
  bool closed = false, told = false;
  exchanges.back()->when_closed([&] { closed = true; });
  body().take();
  body().when_more([&] { told = true; });
  peer.close();
  settle();
  EXPECT_TRUE(closed);
  EXPECT_TRUE(told);
  EXPECT_EQ(body().failure()->code, ErrorCode::Cancelled);
}

TEST_F(BodyStreamTest, AnAnswerBeforeTheEndClosesTheConnection) {
  auto peer = connect_raw();
  exchange_raw(peer, std::string(kChunkedHead) + chunk("good"));
  exchanges.back()->respond({.body = "enough"});
  settle();
  const std::string answer = peer.receive();
  EXPECT_TRUE(answer.contains("connection: close")) << answer;
  EXPECT_TRUE(answer.ends_with("enough"));
  EXPECT_TRUE(body().ended());
  EXPECT_EQ(exchange_raw(peer, chunk("more")), "");
  EXPECT_EQ(exchanges.size(), 1u);
}

TEST_F(BodyStreamTest, AClientMayThinkForAsLongAsItLikes) {
  auto peer = connect_raw();
  exchange_raw(peer, std::string(kChunkedHead) + chunk("1"));
  pass(std::chrono::hours(2));
  exchange_raw(peer, chunk("2") + "0\r\n\r\n");
  EXPECT_EQ(body().take(), "12");
  EXPECT_TRUE(body().ended());
}

TEST_F(BodyStreamTest, WithoutMemoryTheBodyEnds) {
  auto peer = connect_raw();
  exchange_raw(peer, kChunkedHead);
  ASSERT_TRUE(budget.take(std::size_t{256} << 20));
  exchange_raw(peer, chunk("x"));
  ASSERT_TRUE(body().failure());
  EXPECT_EQ(body().failure()->code, ErrorCode::Overloaded);
  budget.give(std::size_t{256} << 20);
}

TEST_F(BodyStreamTest, ExpectContinueIsAnswered) {
  auto peer = connect_raw();
  const auto answer = exchange_raw(
      peer, "POST /items HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nTransfer-Encoding: chunked\r\n\r\n");
  EXPECT_EQ(answer, "HTTP/1.1 100 Continue\r\n\r\n");
  EXPECT_EQ(exchanges.size(), 1u);
}

TEST_F(BodyStreamTest, Http2GivesPiecesAndTheirEnd) {
  auto peer = open_http2();
  ASSERT_EQ(exchanges.size(), 1u);
  exchange_raw(peer, data("one"));
  EXPECT_EQ(body().take(), "one");
  exchanges.back()->start(200, {});
  exchanges.back()->write("early");
  settle();
  const auto frames = raw::parse(peer.receive());
  ASSERT_NE(raw::find(frames, raw::kData), nullptr);
  EXPECT_EQ(raw::find(frames, raw::kData)->payload, "early");
  exchange_raw(peer, data("two", raw::kEndStream));
  EXPECT_EQ(body().take(), "two");
  EXPECT_TRUE(body().ended());
  EXPECT_FALSE(body().failure());
}

TEST_F(BodyStreamTest, Http2WithoutABodyIsGivenWhole) {
  auto peer = connect_raw();
  exchange_raw(peer, raw::hello() + raw::frame(raw::kSettings, raw::kAck, 0) + raw::get(1, "/items"));
  ASSERT_EQ(exchanges.size(), 1u);
  EXPECT_EQ(exchanges.back()->body_stream(), nullptr);
  EXPECT_EQ(asked, 0);
}

TEST_F(BodyStreamTest, Http2CreditsWhatIsTaken) {
  auto peer = open_http2();
  const std::string piece(16 << 10, 'x');
  std::string granted_for_nothing;
  for (int i = 0; i < 16; ++i) granted_for_nothing += exchange_raw(peer, data(piece));
  const auto of_stream = [](const std::vector<raw::Frame>& frames) {
    std::uint32_t sum = 0;
    for (const auto& frame : frames)
      if (frame.type == raw::kWindow && frame.stream == 1) sum += frame.code();
    return sum;
  };
  EXPECT_EQ(of_stream(raw::parse(granted_for_nothing)), 0u);
  EXPECT_EQ(body().take().size(), 256u << 10);
  settle();
  EXPECT_EQ(of_stream(raw::parse(peer.receive())), 256u << 10);
}

TEST_F(BodyStreamTest, Http2ResetInTheMiddleEndsIt) {
  auto peer = open_http2();
  exchange_raw(peer, data("one"));
  bool closed = false;
  exchanges.back()->when_closed([&] { closed = true; });
  exchange_raw(peer, raw::frame(raw::kReset, 0, 1, raw::number(8, 4)));
  EXPECT_TRUE(closed);
  EXPECT_TRUE(body().failure());
}

}  // namespace
}  // namespace manta::net
