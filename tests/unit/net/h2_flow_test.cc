// How much leaves in one turn, and how much a peer may send.

#include "net_fixture.h"
#include "raw_http2.h"

namespace manta::net {
namespace {

// The sum of the window updates of one stream; 0 is the connection's own.
std::uint32_t granted(const std::vector<raw::Frame>& frames, std::uint32_t stream) {
  std::uint32_t sum = 0;
  for (const auto& frame : frames)
    if (frame.type == raw::kWindow && frame.stream == stream) sum += frame.code();
  return sum;
}

constexpr std::uint32_t kWindow = 256 << 10;

class H2FlowTest : public NetTest {
 protected:
  // A client whose windows hold back nothing.
  RawPeer connect_wide_open() {
    auto peer = connect_raw();
    peer.send(raw::hello(raw::setting(4, 1 << 30) + raw::setting(5, 1 << 20)) +
              raw::frame(raw::kWindow, 0, 0, raw::number(1 << 30, 4)) + raw::frame(raw::kSettings, raw::kAck, 0));
    settle();
    peer.receive();
    return peer;
  }
  std::uint32_t granted_for_body_of(std::size_t bytes) {
    auto peer = connect_raw();
    const auto block = raw::request("/", raw::field("content-length", std::to_string(bytes)), true);
    exchange_raw(peer, raw::hello() + raw::frame(raw::kSettings, raw::kAck, 0));
    const auto answer = exchange_raw(peer, raw::frame(raw::kHeaders, raw::kEndHeaders, 1, block));
    return granted(raw::parse(answer), 1);
  }
  // What a call that asks for `kWindow` lets a server send that announces `bytes`.
  std::uint32_t granted_for_answer_of(std::size_t bytes) {
    const auto pair = connected_pair();
    RawPeer peer(pair[0]);
    Channel channel(loop, pair[1], {}, client_budget);
    TestCall call(channel, "/", {}, kWindow);
    settle();
    const auto before = raw::parse(std::string_view(peer.receive()).substr(raw::kPreface.size()));
    const std::uint32_t initial = raw::find(before, raw::kSettings)->code(2);
    peer.send(raw::frame(raw::kSettings, 0, 0) + raw::frame(raw::kSettings, raw::kAck, 0) +
              raw::frame(raw::kHeaders, raw::kEndHeaders, 1,
                         std::string("\x88") + raw::field("content-length", std::to_string(bytes))));
    settle();
    return initial + granted(raw::parse(peer.receive()), 1);
  }
};

TEST_F(H2FlowTest, ABigAnswerLeavesInBoundedBatchesAndLetsASmallOneBy) {  // trap 5
  constexpr std::size_t kBig = 8 << 20;
  constexpr std::size_t kBatch = 1 << 20;
  serve_and_hold({.internal = true});
  auto peer = connect_wide_open();
  peer.send(raw::get(1) + raw::get(3));
  settle();
  const auto big = exchanges.at(0);
  big->start(200, {});
  big->write(std::string(kBig, 'x'));
  settle();
  std::size_t left = big->queued();
  EXPECT_GT(left, kBig - 3 * kBatch);  // what has gone is one batch, its last frame and what the socket took
  exchanges.at(1)->respond({.body = "small"});
  std::string all;
  int turns = 0;
  for (; turns < 100 && !all.contains("small"); ++turns) {
    all += peer.receive();
    loop.poll();
    EXPECT_LE(left - big->queued(), 3 * kBatch);
    left = big->queued();
  }
  EXPECT_LT(turns, 20);
  EXPECT_LT(all.size(), kBig / 2);
}

TEST_F(H2FlowTest, ABigRequestLetsASmallOneBy) {  // trap 5
  const auto pair = connected_pair();
  RawPeer peer(pair[0]);
  Channel channel(loop, pair[1], {}, client_budget);
  peer.send(raw::frame(raw::kSettings, 0, 0, raw::setting(4, 1 << 30) + raw::setting(5, 1 << 20)) +
            raw::frame(raw::kSettings, raw::kAck, 0) + raw::frame(raw::kWindow, 0, 0, raw::number(1 << 30, 4)));
  settle();
  constexpr std::size_t kBig = 8 << 20;
  TestCall big(channel, "/big", std::string(kBig, 'x'));
  settle();
  TestCall small(channel, "/small", "small");
  std::string all;
  for (int turn = 0; turn < 100 && !all.contains("small"); ++turn) {
    all += peer.receive();
    settle();
  }
  EXPECT_LT(all.size(), kBig / 2);
}

TEST_F(H2FlowTest, FramesAreAsLargeAsThePeerTakes) {  // trap 5
  serve_and_hold({.internal = true});
  auto peer = connect_wide_open();
  peer.send(raw::get(1));
  settle();
  exchanges.at(0)->respond({.body = std::string(100 << 10, 'x')});
  settle();
  const auto frames = raw::parse(peer.receive());
  ASSERT_NE(raw::find(frames, raw::kData), nullptr);
  EXPECT_EQ(raw::find(frames, raw::kData)->payload.size(), 100u << 10);
}

TEST_F(H2FlowTest, ABodyThatIsAnnouncedLargerThanTheWindowGetsAWindowOfItsSize) {  // trap 6
  serve_and_hold();
  EXPECT_EQ(granted_for_body_of(4 << 20), (4u << 20) - kWindow);
  EXPECT_EQ(granted_for_body_of(kWindow), 0u);
  EXPECT_EQ(granted_for_body_of(1000), 0u);
}

TEST_F(H2FlowTest, NoWindowGrowsForABodyWithoutBudget) {  // trap 6
  serve_and_hold();
  ASSERT_TRUE(budget.take(253 << 20));
  EXPECT_EQ(granted_for_body_of(4 << 20), 0u);
  EXPECT_EQ(granted_for_body_of(2 << 20), (2u << 20) - kWindow);
  budget.give(253 << 20);
}

TEST_F(H2FlowTest, AnAnswerThatIsAnnouncedLargerThanTheWindowGetsAWindowOfItsSize) {  // trap 6
  EXPECT_EQ(granted_for_answer_of(4 << 20), 4u << 20);
  EXPECT_EQ(granted_for_answer_of(100 << 10), kWindow);
  EXPECT_EQ(client_budget.used(), 0u);
}

TEST_F(H2FlowTest, WindowsForAnswersLeaveHalfOfTheBudgetToRequests) {  // trap 6
  ASSERT_TRUE(client_budget.take(125 << 20));
  EXPECT_EQ(granted_for_answer_of(4 << 20), kWindow);
  EXPECT_EQ(granted_for_answer_of(2 << 20), 2u << 20);
  client_budget.give(125 << 20);
}

}  // namespace
}  // namespace manta::net
