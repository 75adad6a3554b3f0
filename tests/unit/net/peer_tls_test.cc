// Where processes have certificates, all that they say to each other is encrypted.

#include "net/peer_proof.h"
#include "tls_fixture.h"

namespace manta::net {
namespace {

using ::testing::HasSubstr;

class PeerTlsTest : public TlsTest {};

TEST_F(PeerTlsTest, CallsAndStreamsWork) {
  serve_and_hold({.internal = true, .security = with(first)});
  const auto channel = connect(with(second));
  TestCall whole(*channel, "/", "hello"), stream(*channel, "/", "x");
  settle();
  ASSERT_EQ(exchanges.size(), 2u);
  exchanges[0]->respond({.body = exchanges[0]->request().body});
  exchanges[1]->start(200, {});
  for (int i = 0; i < 3; ++i) {
    exchanges[1]->write("piece");
    settle();
    EXPECT_EQ(stream.call->take(), "piece");
  }
  exchanges[1]->finish({{"x-end", "yes"}});
  settle();
  EXPECT_EQ(whole.call->body(), "hello");
  EXPECT_TRUE(stream.call->ended());
  EXPECT_EQ(stream.call->trailers().size(), 1u);
}

// Runs at the end of the process, as a client does that a static object holds.
struct AtExit {
  std::function<void()> run;
  ~AtExit() {
    if (run) run();
  }
} at_exit;

// By itself OpenSSL would clean up before objects that are older than its first use.
TEST_F(PeerTlsTest, ConnectionsAreMadeUntilTheEndOfTheProcess) {
  const auto connect_at_exit = [this] {
    serve_echo(with(first));
    at_exit.run = [this, security = with(second)] {
      const auto channel = connect(security);
      TestCall call(*channel, "/", "hello");
      settle();
      ::_exit(call.call->body() == "hello" ? 0 : 1);
    };
    std::exit(2);
  };
  EXPECT_EXIT(connect_at_exit(), ::testing::ExitedWithCode(0), "");
}

TEST_F(PeerTlsTest, BigBodiesGoBothWaysAtOnce) {
  serve_echo(with(first));
  const auto channel = connect(with(second));
  std::string body(std::size_t{6} << 20, '\0');
  for (std::size_t i = 0; i < body.size(); ++i) body[i] = static_cast<char>(i * 31 >> 7);
  TestCall one(*channel, "/", body), other(*channel, "/", body.substr(1));
  std::string got, other_got;
  settle_until([&] {
    got += one.call->take();
    other_got += other.call->take();
    return one.call->ended() && other.call->ended();
  });
  EXPECT_TRUE(got == body);
  EXPECT_TRUE(other_got == body.substr(1));
}

TEST_F(PeerTlsTest, ASlowReaderStopsTheWriterAndLosesNothing) {
  serve_and_hold({.internal = true, .security = with(first)});
  const auto channel = connect_through_wire(with(second));
  TestCall call(*channel, "/", "x", std::size_t{16} << 20);
  settle_wire();
  ASSERT_EQ(exchanges.size(), 1u);
  std::string body;
  for (int i = 0; i < 100'000; ++i) body += std::to_string(i) + ",";
  exchanges[0]->respond({.body = body + body + body});
  settle();  // nobody takes anything from the server: its writes are blocked in the midst of a record
  settle();
  EXPECT_FALSE(call.call->has_head());
  std::string got;
  settle_until([&] {
    while (wire->pump()) loop.poll();
    got += call.call->take();
    return call.call->ended();
  });
  EXPECT_TRUE(got == body + body + body);
}

TEST_F(PeerTlsTest, NothingIsReadableOnTheWire) {
  serve_echo(with(first));
  const auto channel = connect_through_wire(with(second));
  TestCall call(*channel, "/a-secret-path", "a secret body");
  settle_wire();
  EXPECT_EQ(call.call->body(), "a secret body");
  for (const std::string& bytes : {wire->from_client, wire->from_server}) {
    EXPECT_FALSE(bytes.contains("secret"));
    EXPECT_FALSE(bytes.contains("MANTA1"));
    EXPECT_FALSE(bytes.contains("PRI * HTTP"));
    EXPECT_EQ(bytes.substr(0, 2), "\x16\x03");  // a TLS handshake
  }
}

TEST_F(PeerTlsTest, TheTokenIsAskedForAllTheSame) {
  serve_echo(with(first));
  const auto channel = connect(with(second, authority, "the token of another instance"));
  TestCall call(*channel, "/", "x");
  settle();
  EXPECT_EQ(call.call->failure(), CallFailure::NeverStarted);
  EXPECT_THAT(channel->lost_reason(), HasSubstr("does not know this instance's token"));
  EXPECT_EQ(requests, 0);
  ASSERT_EQ(told.size(), 1u);
  EXPECT_THAT(told[0], HasSubstr("does not know this instance's token"));
}

TEST_F(PeerTlsTest, DrainLetsOpenCallsFinish) {
  serve_and_hold({.internal = true, .security = with(first)});
  const auto channel = connect(with(second));
  TestCall call(*channel, "/", "x");
  settle();
  bool drained = false;
  server->drain([&] { drained = true; });
  settle();
  EXPECT_EQ(channel->state(), Channel::State::Draining);
  EXPECT_FALSE(drained);
  exchanges.at(0)->respond({.body = "last"});
  settle();
  EXPECT_EQ(call.call->body(), "last");
  EXPECT_TRUE(drained);
  EXPECT_EQ(channel->state(), Channel::State::Lost);
}

TEST_F(PeerTlsTest, TheEndOfTheServerIsTold) {
  serve_and_hold({.internal = true, .security = with(first)});
  const auto channel = connect(with(second));
  TestCall call(*channel, "/", "x");
  settle();
  server.reset();
  settle();
  EXPECT_EQ(call.call->failure(), CallFailure::MaybeStarted);
  EXPECT_EQ(channel->lost_reason(), "the peer closed the connection");
}

TEST_F(PeerTlsTest, AConnectionThatIsCutIsLost) {
  serve_and_hold({.internal = true, .security = with(first)});
  const auto channel = connect_through_wire(with(second));
  TestCall call(*channel, "/", "x");
  settle_wire();
  wire->cut();
  settle();
  EXPECT_EQ(call.call->failure(), CallFailure::MaybeStarted);
  EXPECT_THAT(channel->lost_reason(), HasSubstr("was lost"));
  EXPECT_EQ(server->stats().connections, 0u);
  EXPECT_TRUE(exchanges.at(0)->closed());
}

TEST_F(PeerTlsTest, AByteChangedOnTheWayEndsTheConnection) {
  serve_and_hold({.internal = true, .security = with(first)});
  const auto channel = connect_through_wire(with(second));
  TestCall call(*channel, "/", "x");
  settle_wire();
  wire->alter_answer = [](std::string& bytes) { bytes.back() = static_cast<char>(bytes.back() ^ 1); };
  exchanges.at(0)->respond({.body = "an answer"});
  settle_wire();
  EXPECT_FALSE(call.call->has_head());
  EXPECT_EQ(call.call->failure(), CallFailure::MaybeStarted);
  EXPECT_EQ(channel->state(), Channel::State::Lost);
}

TEST_F(PeerTlsTest, EitherEndMayGoInItsOwnCallbacks) {
  serve({.internal = true, .security = with(first)}, echo);
  auto channel = connect(with(second));
  TestCall call(*channel, "/", "x");
  call.on_update = [&] { channel.reset(); };
  settle();
  EXPECT_EQ(channel, nullptr);
  serve({.internal = true, .security = with(first)}, [this](const ExchangePtr&) { server.reset(); });
  channel = connect(with(second));
  TestCall other(*channel, "/", "x");
  settle();
  EXPECT_EQ(other.failures, 1);
}

TEST_F(PeerTlsTest, EitherEndMayGoDuringTheHandshake) {
  const std::size_t before = open_descriptors();
  for (int steps = 0; steps < 6; ++steps) {
    for (const bool client_goes : {true, false}) {
      serve_echo(with(first));
      auto channel = connect_through_wire(with(second));
      TestCall call(*channel, "/", "x");
      for (int i = 0; i < steps; ++i) {
        settle();
        wire->pump();
      }
      if (client_goes)
        channel.reset();
      else
        server.reset();
      settle_wire();
      EXPECT_TRUE(call.call->failure() || call.call->ended()) << steps;
      channel.reset();
      server.reset();
      wire.reset();
      settle();
    }
  }
  EXPECT_EQ(open_descriptors(), before);
}

}  // namespace
}  // namespace manta::net
