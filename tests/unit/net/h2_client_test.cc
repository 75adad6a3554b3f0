// What servers may do to a Channel.

#include "net_fixture.h"
#include "raw_http2.h"

namespace manta::net {
namespace {

class H2ClientTest : public TransportTest {
 protected:
  // A channel to a server spoken by hand, past the exchange of SETTINGS.
  std::unique_ptr<Channel> connect(std::string_view settings = {}, ChannelOptions options = {}) {
    const auto pair = connected_pair();
    peer = std::make_unique<RawPeer>(pair[0]);
    auto channel = std::make_unique<Channel>(loop, pair[1], options, client_budget);
    peer->send(raw::frame(raw::kSettings, 0, 0, settings) + raw::frame(raw::kSettings, raw::kAck, 0));
    settle();
    peer->receive();
    return channel;
  }
  static std::string answer(std::uint32_t stream, std::string_view body) {
    return raw::frame(raw::kHeaders, raw::kEndHeaders, stream, "\x88") +
           raw::frame(raw::kData, raw::kEndStream, stream, body);
  }
  static std::string goaway(std::uint32_t last) {
    return raw::frame(raw::kGoaway, 0, 0, raw::number(last, 4) + raw::number(0, 4));
  }

  std::unique_ptr<RawPeer> peer;
};

TEST_P(H2ClientTest, NotifiesOncePerBatch) {  // trap 11
  const auto channel = connect();
  TestCall call(*channel, "/");
  settle();
  std::string bytes = raw::frame(raw::kHeaders, raw::kEndHeaders, 1, "\x88");
  for (int i = 0; i < 10; ++i) bytes += raw::frame(raw::kData, 0, 1, "x");
  peer->send(bytes);
  settle();
  EXPECT_EQ(call.updates, 1);
  EXPECT_EQ(call.call->body(), "xxxxxxxxxx");
}

TEST_P(H2ClientTest, InterimAnswersAreSkipped) {
  const auto channel = connect();
  TestCall call(*channel, "/");
  settle();
  peer->send(raw::frame(raw::kHeaders, raw::kEndHeaders, 1, raw::field(":status", "103") + raw::field("link", "x")));
  settle();
  EXPECT_FALSE(call.call->has_head());
  peer->send(answer(1, "ok"));
  settle();
  EXPECT_EQ(call.call->status(), 200);
  EXPECT_FALSE(call.call->headers().has("link"));
}

TEST_P(H2ClientTest, CallsAboveTheLastIdNeverStartedAndOthersGoOn) {
  const auto channel = connect();
  TestCall first(*channel, "/"), second(*channel, "/");
  settle();
  peer->send(goaway(1));
  settle();
  EXPECT_EQ(channel->state(), Channel::State::Draining);
  EXPECT_EQ(second.call->failure(), CallFailure::NeverStarted);
  EXPECT_EQ(first.call->failure(), std::nullopt);
  TestCall third(*channel, "/");
  EXPECT_EQ(third.failures, 0);  // told later, never from inside start()
  peer->send(answer(1, "done"));
  settle();
  EXPECT_EQ(third.failures, 1);
  EXPECT_EQ(third.call->failure(), CallFailure::NeverStarted);
  EXPECT_EQ(first.call->body(), "done");
  EXPECT_EQ(channel->state(), Channel::State::Lost);
}

TEST_P(H2ClientTest, ARequestQueuedWhenGoawayComesNeverStarted) {  // trap 3
  const auto channel = connect(raw::setting(4, 1 << 24) + raw::setting(5, 1 << 20));
  peer->send(raw::frame(raw::kWindow, 0, 0, raw::number(1 << 24, 4)));
  settle();
  TestCall big(*channel, "/", std::string(8 << 20, 'x'));
  settle();  // the socket is full now
  TestCall queued(*channel, "/");
  settle();
  peer->send(goaway(1));
  settle();
  if (transport == Transport::SocketPair) EXPECT_EQ(queued.failures, 0);  // TCP's buffers may still have grown
  for (int i = 0; i < 1000 && queued.failures == 0; ++i) {
    peer->receive();
    settle();
  }
  EXPECT_EQ(queued.failures, 1);
  EXPECT_EQ(queued.call->failure(), CallFailure::NeverStarted);
  EXPECT_EQ(big.failures, 0);
}

TEST_P(H2ClientTest, RefusedStreamNeverStartedOtherCodesAreResets) {
  const auto channel = connect();
  TestCall refused(*channel, "/"), reset(*channel, "/");
  settle();
  peer->send(raw::frame(raw::kReset, 0, 1, raw::number(7, 4)) + raw::frame(raw::kReset, 0, 3, raw::number(2, 4)));
  settle();
  EXPECT_EQ(refused.call->failure(), CallFailure::NeverStarted);
  EXPECT_EQ(reset.call->failure(), CallFailure::Reset);
  EXPECT_EQ(refused.failures + reset.failures, 2);
}

TEST_P(H2ClientTest, LosingTheConnectionFailsEachOpenCallOnce) {
  const auto channel = connect();
  std::vector<std::unique_ptr<TestCall>> calls;
  for (int i = 0; i < 64; ++i) calls.push_back(std::make_unique<TestCall>(*channel, "/"));
  settle();
  std::vector<Channel::State> states;
  channel->on_state([&](Channel::State state) { states.push_back(state); });
  peer->close();
  settle();
  for (const auto& call : calls) {
    EXPECT_EQ(call->failures, 1);
    EXPECT_EQ(call->call->failure(), CallFailure::MaybeStarted);
  }
  EXPECT_EQ(states, std::vector{Channel::State::Lost});
  EXPECT_EQ(channel->open_calls(), 0u);
}

TEST_P(H2ClientTest, RespectsTheServersStreamLimit) {  // trap 7
  const auto channel = connect(raw::setting(3, 2));
  TestCall a(*channel, "/"), b(*channel, "/"), c(*channel, "/");
  settle();
  EXPECT_EQ(a.failures + b.failures, 0);
  EXPECT_EQ(c.call->failure(), CallFailure::NeverStarted);
}

TEST_P(H2ClientTest, BoundsItsOwnCalls) {
  const auto channel = connect({}, {.max_concurrent = 1});
  TestCall a(*channel, "/"), b(*channel, "/");
  settle();
  EXPECT_EQ(a.failures, 0);
  EXPECT_EQ(b.call->failure(), CallFailure::NeverStarted);
}

TEST_P(H2ClientTest, RotatesBeforeStreamIdsRunOut) {  // trap 2
  const auto channel = connect({}, {.max_calls = 2});
  TestCall a(*channel, "/"), b(*channel, "/"), c(*channel, "/");
  settle();
  EXPECT_EQ(channel->state(), Channel::State::Draining);
  EXPECT_EQ(c.call->failure(), CallFailure::NeverStarted);
  peer->send(answer(1, "1") + answer(3, "2"));
  settle();
  EXPECT_EQ(a.call->body() + b.call->body(), "12");
  EXPECT_EQ(channel->state(), Channel::State::Lost);
}

TEST_P(H2ClientTest, RequestIdsDoNotCrowdTheHeaderTable) {  // trap 4
  const auto channel = connect();
  std::vector<std::size_t> sizes;
  std::vector<std::unique_ptr<TestCall>> calls;
  for (int i = 0; i < 200; ++i) {
    const Headers headers{{"content-type", "application/json"}, {"x-request-id", "0123456789abcd" + std::to_string(i)}};
    Outgoing outgoing{.path = "/predict", .headers = &headers};
    auto call = channel->start(outgoing, [] {});
    settle();
    const auto frames = raw::parse(peer->receive());
    sizes.push_back(raw::find(frames, raw::kHeaders)->payload.size());
  }
  EXPECT_LT(sizes[1], sizes[0] * 2 / 3);
  EXPECT_LT(sizes.back(), sizes[0] * 2 / 3);
}

TEST_P(H2ClientTest, AStreamMayBeResetWhileItsBodyIsReadInto) {  // trap 9
  const auto channel = connect();
  for (const bool dropped : {true, false}) {
    auto call = std::make_unique<TestCall>(*channel, "/");
    settle();
    peer->receive();
    const std::uint32_t id = dropped ? 1 : 3;
    const std::string frame = raw::frame(raw::kData, 0, id, std::string(30'000, 'x'));
    peer->send(raw::frame(raw::kHeaders, raw::kEndHeaders, id, "\x88") + frame.substr(0, 5000));
    settle();  // the socket now reads the rest straight into the body
    if (dropped) call.reset();
    peer->send(frame.substr(5000) + raw::frame(raw::kReset, 0, id, raw::number(2, 4)));
    settle();
    if (call) {
      EXPECT_EQ(call->failures, 1);
      EXPECT_EQ(call->call->body().size(), 30'000u);
    }
  }
  EXPECT_EQ(channel->state(), Channel::State::Up);
}

TEST_P(H2ClientTest, TakingWhileTheSocketReadsIntoTheBodyLosesNothing) {
  const auto channel = connect();
  TestCall call(*channel, "/");
  settle();
  std::string body(32'000, 'x');
  for (std::size_t i = 0; i < body.size(); ++i) body[i] = static_cast<char>('a' + i % 23);
  const std::string frame = raw::frame(raw::kData, raw::kEndStream, 1, body);
  peer->send(raw::frame(raw::kHeaders, raw::kEndHeaders, 1, "\x88") + frame.substr(0, 3000));
  settle();
  std::string taken = call.call->take();
  EXPECT_EQ(taken.size(), 3000u - 9);
  peer->send(frame.substr(3000, 4000));
  settle();
  taken += call.call->take();
  peer->send(frame.substr(7000));
  settle();
  taken += call.call->take();
  EXPECT_TRUE(taken == body);
  EXPECT_TRUE(call.call->ended());
}

TEST_P(H2ClientTest, GarbageFromTheServerLosesTheConnection) {
  const auto channel = connect();
  TestCall call(*channel, "/");
  settle();
  peer->send(std::string(200, '\xff'));
  settle();
  EXPECT_EQ(call.failures, 1);
  EXPECT_EQ(channel->state(), Channel::State::Lost);
}

TEST_P(H2ClientTest, PingsASilentPeerAndGivesUp) {
  const auto channel = connect();
  TestCall call(*channel, "/");
  settle();
  peer->receive();
  pass(std::chrono::seconds(10));
  EXPECT_NE(raw::find(raw::parse(peer->receive()), raw::kPing), nullptr);
  pass(std::chrono::seconds(10));
  EXPECT_EQ(call.failures, 1);
  EXPECT_EQ(call.call->failure(), CallFailure::MaybeStarted);
}

TEST_P(H2ClientTest, APeerThatAnswersPingsKeepsItsCalls) {
  const auto channel = connect();
  TestCall call(*channel, "/");
  settle();
  for (int i = 0; i < 10; ++i) {
    pass(std::chrono::seconds(10));
    peer->receive();
    peer->send(raw::frame(raw::kPing, raw::kAck, 0, std::string(8, '\0')));
    settle();
  }
  EXPECT_EQ(call.failures, 0);
}

TEST_P(H2ClientTest, AnIdleChannelIsNotPinged) {
  const auto channel = connect();
  pass(std::chrono::hours(1));
  EXPECT_EQ(peer->receive(), "");
  EXPECT_EQ(channel->state(), Channel::State::Up);
}

INSTANTIATE_TEST_SUITE_P(Over, H2ClientTest, testing::Values(Transport::SocketPair, Transport::Tcp), name_of);

}  // namespace
}  // namespace manta::net
