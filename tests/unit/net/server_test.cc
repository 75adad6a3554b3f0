#include "net/server.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>

#include <filesystem>

#include "net_fixture.h"
#include "raw_http2.h"

namespace manta::net {
namespace {

int no_delay(int fd) {
  int value = 0;
  socklen_t size = sizeof value;
  ::getsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &value, &size);
  return value;
}

class ServerTest : public NetTest {
 protected:
  // Polls until `done`; loopback needs the kernel's help, which is quick.
  void poll_until(const std::function<bool()>& done) {
    for (int i = 0; i < 100'000 && !done(); ++i) loop.poll();
    EXPECT_TRUE(done());
  }
};

TEST_F(ServerTest, ListensOnTcpAndUnixSocketsAtOnce) {
  serve({}, echo);
  const auto folder = std::filesystem::temp_directory_path() / ("manta-net-" + std::to_string(::getpid()));
  std::filesystem::create_directory(folder);
  for (const std::string& text :
       {std::string("127.0.0.1:0"), std::string("[::1]:0"), "unix:" + (folder / "s").string()}) {
    const auto fd = listen_on(Address::parse(text).value());
    if (!fd && text.starts_with('[')) continue;  // a machine without IPv6
    ASSERT_TRUE(fd.has_value()) << fd.error().message;
    const auto address = local_address(*fd).value();
    server->listen(*fd);
    Channel channel(loop, address, {}, client_budget);
    TestCall call(channel, "/", "hello");
    poll_until([&] { return call.call->ended() || call.call->failure(); });
    EXPECT_EQ(call.call->body(), "hello") << address.text;
  }
  std::filesystem::remove_all(folder);
}

TEST_F(ServerTest, SetsNoDelayOnBothEnds) {
  const auto fd = listen_on(Address{"127.0.0.1:0"});
  const auto address = local_address(*fd).value();
  const auto connected = connect_to(address);
  ASSERT_TRUE(connected.has_value());
  EXPECT_NE(no_delay(*connected), 0);
  serve_and_hold();
  server->listen(*fd);
  RawPeer peer(*connected);
  const auto before = open_descriptors();
  poll_until([&] { return server->stats().connections == 1; });
  ASSERT_EQ(open_descriptors(), before + 1);
  int accepted = -1;  // the newest socket that is connected to our port
  for (int candidate = 0; candidate < 256; ++candidate) {
    sockaddr_in mine{}, theirs{};
    socklen_t size = sizeof mine;
    if (candidate == peer.fd() || ::getpeername(candidate, reinterpret_cast<sockaddr*>(&theirs), &size) != 0) continue;
    size = sizeof mine;
    ::getsockname(peer.fd(), reinterpret_cast<sockaddr*>(&mine), &size);
    if (theirs.sin_port == mine.sin_port && theirs.sin_family == AF_INET) accepted = candidate;
  }
  ASSERT_GE(accepted, 0);
  EXPECT_NE(no_delay(accepted), 0);
}

TEST_F(ServerTest, NoticesThatATcpClientOfHttp1HasGoneButNotThatItHasOnlyFinishedSending) {
  const auto fd = listen_on(Address{"127.0.0.1:0"});
  const auto address = local_address(*fd).value();
  serve_and_hold();
  server->listen(*fd);
  for (const bool gone : {true, false}) {
    exchanges.clear();
    RawPeer peer(connect_to(address).value());
    loop.poll();
    peer.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    poll_until([&] { return !exchanges.empty(); });
    bool closed = false;
    exchanges.back()->when_closed([&] { closed = true; });
    gone ? peer.close() : peer.end_sending();
    for (int i = 0; i < 100 && !closed; ++i) pass(std::chrono::milliseconds(10));
    EXPECT_EQ(closed, gone);
    if (gone) continue;
    exchanges.back()->respond({.body = "answer"});
    std::string answer;
    poll_until([&] { return (answer += peer.receive()).ends_with("answer"); });
  }
}

TEST_F(ServerTest, APeerOfTheSameUserIsLetIn) {
  serve({.check_peer_uid = true}, echo);
  const auto channel = connect_channel();
  TestCall call(*channel, "/", "hello");
  loop.poll();
  EXPECT_EQ(call.call->body(), "hello");
  const auto pair = socket_pair();
  EXPECT_EQ(peer_uid(pair[0]), ::geteuid());
  ::close(pair[0]);
  ::close(pair[1]);
}

TEST_F(ServerTest, AConnectionBeyondTheLimitWaitsForAnother) {
  serve({.max_connections = 1}, echo);
  const auto fd = listen_on(Address{"127.0.0.1:0"});
  const auto address = local_address(*fd).value();
  server->listen(*fd);
  auto first = std::make_unique<Channel>(loop, address, ChannelOptions{}, client_budget);
  TestCall a(*first, "/", "a");
  poll_until([&] { return a.call->ended(); });
  Channel second(loop, address, ChannelOptions{}, client_budget);
  TestCall b(second, "/", "b");
  for (int i = 0; i < 1000; ++i) loop.poll();
  EXPECT_FALSE(b.call->ended());
  first.reset();
  poll_until([&] { return b.call->ended(); });
  EXPECT_EQ(b.call->body(), "b");
}

TEST_F(ServerTest, NumbersConnectionsAndTellsWhenTheyEnd) {
  serve_and_hold();
  std::vector<std::uint64_t> ended;
  server->on_disconnect([&](std::uint64_t id) { ended.push_back(id); });
  auto peer = connect_raw();
  auto channel = connect_channel();
  TestCall a(*channel, "/"), b(*channel, "/");
  exchange_raw(peer, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  ASSERT_EQ(exchanges.size(), 3u);
  const auto http1 = exchanges[0]->is_http2() ? exchanges[2]->connection_id() : exchanges[0]->connection_id();
  const auto http2 = exchanges[1]->connection_id();
  EXPECT_NE(http1, http2);
  channel.reset();
  loop.poll();
  EXPECT_EQ(ended, std::vector{http2});
  peer.close();
  exchanges.clear();
  pass(std::chrono::seconds(1));
  EXPECT_EQ(ended, (std::vector{http2, http1}));
}

TEST_F(ServerTest, DrainFinishesWhatIsUnderWayAndRefusesTheRest) {
  serve_and_hold();
  const auto channel = connect_channel();
  TestCall call(*channel, "/");
  auto busy = connect_raw();
  auto idle = connect_raw();
  exchange_raw(busy, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  bool drained = false;
  server->drain([&] { drained = true; });
  loop.poll();
  EXPECT_EQ(channel->state(), Channel::State::Draining);
  TestCall late(*channel, "/");
  loop.poll();
  EXPECT_EQ(late.call->failure(), CallFailure::NeverStarted);
  EXPECT_FALSE(drained);
  for (const auto& exchange : exchanges) exchange->respond({.body = "done"});
  loop.poll();
  EXPECT_EQ(call.call->body(), "done");
  EXPECT_TRUE(busy.receive().contains("connection: close\r\n"));
  idle.close();
  loop.poll();
  EXPECT_TRUE(drained);
  EXPECT_EQ(channel->state(), Channel::State::Lost);
}

TEST_F(ServerTest, DrainUnderLoadLosesNothing) {
  serve_and_hold({.internal = true});
  const auto channel = connect_channel();
  int completed = 0, never_started = 0, lost = 0;
  std::vector<std::unique_ptr<TestCall>> calls;
  const std::function<void()> begin = [&] {
    auto& call = calls.emplace_back(std::make_unique<TestCall>(*channel, "/", "x"));
    call->on_update = [&, c = call.get()] {
      if (c->call->failure() == CallFailure::NeverStarted)
        ++never_started;
      else if (c->call->failure())
        ++lost;
      else if (c->call->ended()) {
        ++completed;
        begin();
      }
    };
  };
  for (int i = 0; i < 64; ++i) begin();
  bool drained = false;
  for (int round = 0; round < 40; ++round) {
    loop.poll();
    if (round == 20) server->drain([&] { drained = true; });
    for (std::size_t i = 0; i < exchanges.size(); ++i)  // every third takes until after the drain has begun
      if (i % 3 != 0 || round > 25) exchanges[i]->respond({.body = "y"});
  }
  loop.poll();
  EXPECT_GT(completed, 64);
  EXPECT_EQ(never_started, 64);
  EXPECT_EQ(lost, 0);
  EXPECT_TRUE(drained);
}

TEST_F(ServerTest, DrainOfAnIdleServerIsImmediate) {
  serve_and_hold();
  bool drained = false;
  server->drain([&] { drained = true; });
  EXPECT_FALSE(drained);
  loop.poll();
  EXPECT_TRUE(drained);
}

TEST_F(ServerTest, DrainDoesNotWaitForAPeerThatIgnoresPings) {
  serve_and_hold();
  auto peer = connect_raw();
  exchange_raw(peer, raw::hello());
  bool drained = false;
  server->drain([&] { drained = true; });
  loop.poll();
  EXPECT_FALSE(drained);
  pass(std::chrono::seconds(2));
  EXPECT_TRUE(drained);
}

TEST_F(ServerTest, StopsAcceptingWhileItDrains) {
  serve_and_hold();
  server->drain([] {});
  auto peer = connect_raw();
  loop.poll();
  EXPECT_TRUE(peer.ended());
}

TEST_F(ServerTest, WhenClosedIsCalledOnceOnCancelAndNeverAfterAnAnswer) {
  serve_and_hold({.internal = true});
  const auto channel = connect_channel();
  TestCall cancelled(*channel, "/"), answered(*channel, "/");
  loop.poll();
  int first = 0, second = 0;
  exchanges.at(0)->when_closed([&] { ++first; });
  exchanges.at(1)->when_closed([&] { ++second; });
  exchanges[1]->respond({});
  cancelled.call.reset();
  loop.poll();
  server.reset();
  loop.poll();
  EXPECT_EQ(first, 1);
  EXPECT_EQ(second, 0);
}

}  // namespace
}  // namespace manta::net
