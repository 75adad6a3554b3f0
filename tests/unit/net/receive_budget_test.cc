// What bodies may hold of the process's memory, and for how long.

#include "net/receive_budget.h"

#include "net_fixture.h"
#include "raw_http2.h"

namespace manta::net {
namespace {

enum class Protocol { Http1, Http2 };

// A client that sends its body piece by piece. One request per connection.
class Sender {
 public:
  Sender(RawPeer peer, Protocol protocol) : peer_(std::move(peer)), protocol_(protocol) {}

  std::string head(std::size_t length) const {
    const std::string size = std::to_string(length);
    if (protocol_ == Protocol::Http1) return "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: " + size + "\r\n\r\n";
    const auto block = raw::request("/", raw::field("content-length", size), true);
    return raw::hello() + raw::frame(raw::kSettings, raw::kAck, 0) +
           raw::frame(raw::kHeaders, raw::kEndHeaders, 1, block);
  }
  std::string piece(std::string_view bytes, bool last = false) const {
    if (protocol_ == Protocol::Http1) return std::string(bytes);
    std::string frames;
    constexpr std::size_t kFrame = 16 << 10;
    for (std::size_t at = 0; at < bytes.size(); at += kFrame) {
      const auto part = bytes.substr(at, kFrame);
      frames += raw::frame(raw::kData, last && at + part.size() == bytes.size() ? raw::kEndStream : 0, 1, part);
    }
    return frames;
  }
  RawPeer& peer() { return peer_; }
  // The status of the answer; 0: none has come.
  int status() {
    received_ += peer_.receive();
    if (protocol_ == Protocol::Http1) return received_.size() < 12 ? 0 : std::stoi(received_.substr(9, 3));
    for (const auto& frame : raw::parse(received_)) {
      if (frame.type == raw::kHeaders && frame.payload.starts_with('\x88')) return 200;
      if (frame.type != raw::kData) continue;
      return frame.payload.contains("DeadlineExceeded") ? 408 : frame.payload.contains("Overloaded") ? 503 : -1;
    }
    return 0;
  }

 private:
  RawPeer peer_;
  Protocol protocol_;
  std::string received_;
};

class ReceiveBudgetTest : public NetTest, public testing::WithParamInterface<Protocol> {
 protected:
  Sender sender() { return {connect_raw(), GetParam()}; }
  void send(Sender& from, std::string_view bytes) {
    while (!bytes.empty()) {
      const auto part = bytes.substr(0, 64 << 10);
      ASSERT_TRUE(from.peer().send(part));
      bytes.remove_prefix(part.size());
      settle();
    }
  }
  // Sends `bytes` every `pause` until an answer comes; its status, 0 if none came in ten minutes.
  int status_of_trickle(Sender& from, std::size_t bytes, Duration pause) {
    for (Duration passed{}; passed < std::chrono::minutes(10); passed += pause) {
      send(from, from.piece(std::string(bytes, 'x')));
      pass(pause);
      if (const int status = from.status(); status != 0) return status;
    }
    return 0;
  }
};

TEST_P(ReceiveBudgetTest, ClientsThatOnlyAnnounceBodiesDoNotKeepOthersOut) {
  serve({}, echo);
  std::vector<Sender> announcers;
  for (int i = 0; i < 4; ++i) {
    announcers.push_back(sender());
    send(announcers.back(), announcers.back().head(64 << 20) + announcers.back().piece("x"));
  }
  EXPECT_EQ(budget.used(), 4u);
  auto honest = sender();
  send(honest, honest.head(5) + honest.piece("hello", true));
  EXPECT_EQ(honest.status(), 200);
  for (auto& announcer : announcers) EXPECT_EQ(announcer.status(), 0);
}

TEST_P(ReceiveBudgetTest, BodiesThatArriveTogetherShareWhatThereIs) {
  ReceiveBudget small(100'000);
  server = std::make_unique<Server>(loop, ServerOptions{}, small, echo);
  auto first = sender(), second = sender();
  for (auto* one : {&first, &second}) send(*one, one->head(80'000));
  send(first, first.piece(std::string(60'000, 'x')));
  EXPECT_EQ(small.used(), 60'000u);
  send(second, second.piece(std::string(60'000, 'x')));
  EXPECT_EQ(second.status(), 503);
  EXPECT_EQ(small.used(), 60'000u);
  send(first, first.piece(std::string(20'000, 'x'), true));
  EXPECT_EQ(first.status(), 200);
  EXPECT_EQ(small.used(), 0u);
  server.reset();
  settle();
}

TEST_P(ReceiveBudgetTest, ABodyBeyondWhatIsFreeIsRefusedAtItsHeaders) {
  ReceiveBudget small(100'000);
  server = std::make_unique<Server>(loop, ServerOptions{}, small, echo);
  auto first = sender(), second = sender();
  send(first, first.head(80'000) + first.piece(std::string(60'000, 'x')));
  send(second, second.head(40'001));
  EXPECT_EQ(second.status(), 503);
  server.reset();
  settle();
  EXPECT_EQ(small.used(), 0u);
}

TEST_P(ReceiveBudgetTest, ATrickleGets408) {
  serve_and_hold();
  auto slow = sender();
  send(slow, slow.head(64 << 20));
  EXPECT_EQ(status_of_trickle(slow, 1, std::chrono::seconds(10)), 408);
  EXPECT_EQ(budget.used(), 0u);
}

TEST_P(ReceiveBudgetTest, ASlowButSteadyBodyIsTaken) {
  serve_and_hold();
  auto slow = sender();
  const std::string piece(24 << 10, 'x');
  constexpr int kPieces = 20;
  send(slow, slow.head(kPieces * piece.size()));
  for (int i = 1; i <= kPieces; ++i) {
    pass(std::chrono::seconds(10));
    send(slow, slow.piece(piece, i == kPieces));
  }
  EXPECT_EQ(slow.status(), 0);
  ASSERT_EQ(exchanges.size(), 1u);
  EXPECT_EQ(exchanges[0]->request().body.size(), kPieces * piece.size());
}

TEST_P(ReceiveBudgetTest, WhoHoldsMuchMustSendMuch) {
  serve_and_hold();
  auto greedy = sender();
  send(greedy, greedy.head(64 << 20));
  for (int i = 0; i < 16; ++i) send(greedy, greedy.piece(std::string(1 << 20, 'x')));
  EXPECT_EQ(status_of_trickle(greedy, 48 << 10, std::chrono::seconds(20)), 408);
  EXPECT_EQ(budget.used(), 0u);
}

INSTANTIATE_TEST_SUITE_P(Over, ReceiveBudgetTest, testing::Values(Protocol::Http1, Protocol::Http2),
                         [](const auto& info) { return info.param == Protocol::Http1 ? "Http1" : "Http2"; });

}  // namespace
}  // namespace manta::net
