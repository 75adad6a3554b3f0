// What clients of the HTTP/2 server may do to it.

#include <map>

#include "net_fixture.h"
#include "raw_http2.h"

namespace manta::net {
namespace {

class H2ServerTest : public NetTest {
 protected:
  std::vector<raw::Frame> say(RawPeer& peer, std::string_view bytes) { return raw::parse(exchange_raw(peer, bytes)); }
};

TEST_F(H2ServerTest, AnswersAClientWithPriorKnowledge) {
  serve({}, echo);
  auto peer = connect_raw();
  const auto frames = say(peer, raw::hello() + raw::get(1, "/x"));
  ASSERT_NE(raw::find(frames, raw::kHeaders), nullptr);
  EXPECT_EQ(raw::find(frames, raw::kHeaders)->flags & raw::kEndStream, raw::kEndStream);
}

TEST_F(H2ServerTest, ThePrefaceMayComeInPieces) {
  serve({}, echo);
  auto peer = connect_raw();
  for (const char c : raw::kPreface) exchange_raw(peer, {&c, 1});
  const auto frames = say(peer, raw::frame(raw::kSettings, 0, 0) + raw::get(1));
  EXPECT_NE(raw::find(frames, raw::kHeaders), nullptr);
}

TEST_F(H2ServerTest, APaddedFrameGoesToItsOwnStream) {
  serve({}, echo);
  auto peer = connect_raw();
  std::string sent = raw::hello();
  for (const std::uint32_t id : {1u, 3u})
    sent += raw::frame(raw::kHeaders, raw::kEndHeaders, id, raw::request("/", {}, true));
  sent += raw::frame(raw::kData, raw::kNone, 1, "one");
  sent += raw::frame(raw::kData, raw::kPadded | raw::kEndStream, 3, std::string("\2three\0\0", 8));
  sent += raw::frame(raw::kData, raw::kEndStream, 1);
  std::map<std::uint32_t, std::string> bodies;
  for (const auto& frame : say(peer, sent))
    if (frame.type == raw::kData) bodies[frame.stream] += frame.payload;
  EXPECT_EQ(bodies, (std::map<std::uint32_t, std::string>{{1, "one"}, {3, "three"}}));
}

TEST_F(H2ServerTest, PublicDoorEndsAConnectionThatResetsRapidly) {  // trap 1
  serve_and_hold();
  auto peer = connect_raw();
  say(peer, raw::hello());
  bool refused = false;
  for (std::uint32_t i = 0; i < 1200 && !refused; ++i) {
    const auto id = 2 * i + 1;
    peer.send(raw::get(id) + raw::frame(raw::kReset, 0, id, raw::number(8, 4)));
    loop.poll();
    const auto frames = raw::parse(peer.receive());
    refused = raw::find(frames, raw::kGoaway) != nullptr;
  }
  EXPECT_TRUE(refused);
  EXPECT_EQ(server->stats().connections, 0u);
}

TEST_F(H2ServerTest, InternalPeersMayCancelAsOftenAsTheyLike) {  // trap 1
  serve_and_hold({.internal = true});
  const auto channel = connect_channel();
  for (int i = 0; i < 3000; ++i) {
    TestCall call(*channel, "/");
    loop.poll();
    exchanges.clear();
  }
  EXPECT_EQ(channel->state(), Channel::State::Up);
}

TEST_F(H2ServerTest, ServesTheLastStreamIdThereIs) {  // trap 2
  serve({}, echo);
  auto peer = connect_raw();
  const auto frames = say(peer, raw::hello() + raw::get(0x7fffffff));
  ASSERT_NE(raw::find(frames, raw::kHeaders), nullptr);
  EXPECT_EQ(raw::find(frames, raw::kHeaders)->stream, 0x7fffffffu);
  EXPECT_EQ(raw::find(frames, raw::kGoaway), nullptr);
}

TEST_F(H2ServerTest, RefusesInvalidHeadersBeforeTheHandler) {  // trap 12
  serve_and_hold();
  for (const auto& bad : {raw::field("Upper", "x"), raw::field("connection", "close"), raw::field("x", "a\r\nb"),
                          raw::field(":status", "200"), raw::field("transfer-encoding", "chunked")}) {
    auto peer = connect_raw();
    const auto frames = say(
        peer, raw::hello() + raw::frame(raw::kHeaders, raw::kEndHeaders | raw::kEndStream, 1, raw::request("/", bad)));
    EXPECT_NE(raw::find(frames, raw::kReset), nullptr);
  }
  EXPECT_TRUE(exchanges.empty());
}

TEST_F(H2ServerTest, RefusesTooLargeHeaders) {
  serve_and_hold({.max_header_bytes = 1000});
  auto peer = connect_raw();
  std::string block = raw::request();
  for (int i = 0; i < 10; ++i) block += raw::field("x-filler", std::string(120, 'x'));
  const auto frames = say(peer, raw::hello() + raw::frame(raw::kHeaders, raw::kEndHeaders | raw::kEndStream, 1, block));
  ASSERT_NE(raw::find(frames, raw::kData), nullptr);
  EXPECT_TRUE(raw::find(frames, raw::kData)->payload.contains("headers are too large"));
  EXPECT_TRUE(exchanges.empty());
}

TEST_F(H2ServerTest, RefusesAFloodOfContinuations) {
  serve_and_hold();
  auto peer = connect_raw();
  say(peer, raw::hello() + raw::frame(raw::kHeaders, 0, 1, raw::request()));
  for (int i = 0; i < 200; ++i) peer.send(raw::frame(raw::kContinuation, 0, 1, raw::field("x", "y")));
  loop.poll();
  EXPECT_TRUE(peer.ended());
  EXPECT_TRUE(exchanges.empty());
}

TEST_F(H2ServerTest, RefusesABodyThatIsAnnouncedTooLargeBeforeReadingIt) {
  serve_and_hold({.max_body_bytes = 100});
  auto peer = connect_raw();
  const auto block = raw::request("/", raw::field("content-length", "101"), true);
  const auto frames = say(peer, raw::hello() + raw::frame(raw::kHeaders, raw::kEndHeaders, 1, block));
  ASSERT_NE(raw::find(frames, raw::kData), nullptr);
  EXPECT_TRUE(raw::find(frames, raw::kData)->payload.contains("too large"));
  ASSERT_NE(raw::find(frames, raw::kReset), nullptr);
  EXPECT_EQ(raw::find(frames, raw::kReset)->code(), 0u);  // NO_ERROR: the answer stands
}

TEST_F(H2ServerTest, RefusesABodyThatTurnsOutTooLarge) {
  serve_and_hold({.max_body_bytes = 100});
  auto peer = connect_raw();
  const auto frames =
      say(peer, raw::hello() + raw::frame(raw::kHeaders, raw::kEndHeaders, 1, raw::request("/", {}, true)) +
                    raw::frame(raw::kData, 0, 1, std::string(101, 'x')));
  ASSERT_NE(raw::find(frames, raw::kData), nullptr);
  EXPECT_TRUE(raw::find(frames, raw::kData)->payload.contains("too large"));
  EXPECT_TRUE(exchanges.empty());
}

TEST_F(H2ServerTest, OverTheReceiveBudgetThePublicDoorAnswersAndInternalRefuses) {
  ReceiveBudget small(1000);
  for (const bool internal : {false, true}) {
    server = std::make_unique<Server>(loop, ServerOptions{.internal = internal}, small, echo);
    auto peer = connect_raw();
    const auto block = raw::request("/", raw::field("content-length", "1001"), true);
    const auto frames = say(peer, raw::hello() + raw::frame(raw::kHeaders, raw::kEndHeaders, 1, block));
    ASSERT_NE(raw::find(frames, raw::kReset), nullptr);
    EXPECT_EQ(raw::find(frames, raw::kReset)->code(), internal ? 7u : 0u);
    EXPECT_EQ(raw::find(frames, raw::kData) != nullptr, !internal);
  }
  EXPECT_EQ(small.used(), 0u);
  server.reset();
}

TEST_F(H2ServerTest, GivesTheBudgetBackWhenTheClientGoesAwayInsideABody) {
  serve_and_hold();
  auto peer = connect_raw();
  const auto block = raw::request("/", raw::field("content-length", "1000"), true);
  say(peer, raw::hello() + raw::frame(raw::kHeaders, raw::kEndHeaders, 1, block) + raw::frame(raw::kData, 0, 1, "abc"));
  EXPECT_EQ(budget.used(), 3u);
  peer.close();
  loop.poll();
  EXPECT_EQ(budget.used(), 0u);
  EXPECT_EQ(server->stats().connections, 0u);
}

TEST_F(H2ServerTest, AnswersPings) {
  serve_and_hold();
  auto peer = connect_raw();
  const auto frames = say(peer, raw::hello() + raw::frame(raw::kPing, 0, 0, "12345678"));
  ASSERT_NE(raw::find(frames, raw::kPing), nullptr);
  EXPECT_EQ(raw::find(frames, raw::kPing)->payload, "12345678");
}

// A peer that asks for answers and never reads them may not fill our memory.
class H2FloodTest : public H2ServerTest, public testing::WithParamInterface<raw::Type> {};

TEST_P(H2FloodTest, EndsTheConnection) {
  serve_and_hold();
  auto peer = connect_raw();
  peer.send(raw::hello());
  std::string flood;
  const auto one =
      GetParam() == raw::kPing ? raw::frame(raw::kPing, 0, 0, "12345678") : raw::frame(raw::kSettings, 0, 0);
  for (int i = 0; i < 2000; ++i) flood += one;
  for (int i = 0; i < 2000 && server->stats().connections == 1; ++i) {
    peer.send(flood);
    loop.poll();
  }
  loop.poll();
  EXPECT_EQ(server->stats().connections, 0u);
}
INSTANTIATE_TEST_SUITE_P(All, H2FloodTest, testing::Values(raw::kPing, raw::kSettings));

TEST_F(H2ServerTest, RefusesStreamsBeyondTheLimit) {
  serve_and_hold();
  auto peer = connect_raw();
  std::string all = raw::hello() + raw::frame(raw::kSettings, raw::kAck, 0);
  for (std::uint32_t i = 0; i < 300; ++i) all += raw::get(2 * i + 1);
  const auto frames = say(peer, all);
  EXPECT_EQ(exchanges.size(), 256u);
  EXPECT_TRUE(raw::count(frames, raw::kReset) > 0 || raw::find(frames, raw::kGoaway) != nullptr);
}

TEST_F(H2ServerTest, GarbageEndsTheConnection) {
  serve_and_hold();
  auto peer = connect_raw();
  peer.send(std::string(raw::kPreface) + std::string(100, '\xff'));
  loop.poll();
  EXPECT_TRUE(peer.ended());
  EXPECT_EQ(server->stats().connections, 0u);
}

TEST_F(H2ServerTest, EndsConnectionsThatAreSlowWithHeaders) {
  serve_and_hold();
  auto silent = connect_raw();
  auto only_preface = connect_raw();
  auto half_headers = connect_raw();
  only_preface.send(raw::kPreface);
  half_headers.send(raw::hello() + raw::frame(raw::kHeaders, 0, 1, raw::request()));
  loop.poll();
  EXPECT_EQ(server->stats().connections, 3u);
  pass(std::chrono::seconds(11));
  EXPECT_EQ(server->stats().connections, 0u);
}

TEST_F(H2ServerTest, AnswersABodyThatStopsComingWith408) {
  serve_and_hold();
  auto peer = connect_raw();
  say(peer, raw::hello() + raw::frame(raw::kHeaders, raw::kEndHeaders, 1, raw::request("/", {}, true)));
  pass(std::chrono::seconds(31));
  const auto frames = raw::parse(peer.receive());
  ASSERT_NE(raw::find(frames, raw::kData), nullptr);
  EXPECT_TRUE(raw::find(frames, raw::kData)->payload.contains("stopped coming"));
}

TEST_F(H2ServerTest, EndsIdleConnectionsWithGoaway) {
  serve_and_hold();
  auto peer = connect_raw();
  say(peer, raw::hello());
  pass(std::chrono::seconds(11));
  EXPECT_EQ(server->stats().connections, 1u);
  pass(std::chrono::seconds(90));
  EXPECT_NE(raw::find(raw::parse(peer.receive()), raw::kGoaway), nullptr);
  EXPECT_EQ(server->stats().connections, 0u);
}

TEST_F(H2ServerTest, HeadGetsHeadersOnly) {
  serve({}, [](const ExchangePtr& exchange) { exchange->respond({.body = "12345"}); });
  auto peer = connect_raw();
  std::string block = raw::request().substr(1);
  block = std::string("\x02\x04", 2) + "HEAD" + block;
  const auto frames = say(peer, raw::hello() + raw::frame(raw::kHeaders, raw::kEndHeaders | raw::kEndStream, 1, block));
  EXPECT_NE(raw::find(frames, raw::kHeaders), nullptr);
  EXPECT_EQ(raw::find(frames, raw::kData), nullptr);
}

}  // namespace
}  // namespace manta::net
