#include "net/channel.h"

#include "net/items.h"
#include "net_fixture.h"

namespace manta::net {
namespace {

class ChannelTest : public TransportTest {};

TEST_P(ChannelTest, EchoesARequest) {
  serve({.internal = true}, echo);
  const auto channel = connect_channel();
  TestCall call(*channel, "/predict", "hello");
  settle();
  ASSERT_TRUE(call.call->ended());
  EXPECT_EQ(call.call->status(), 200);
  EXPECT_EQ(call.call->body(), "hello");
  EXPECT_EQ(call.call->headers().get("content-length"), "5");
  EXPECT_EQ(call.updates, 1);
  EXPECT_EQ(channel->open_calls(), 0u);
}

TEST_P(ChannelTest, TheHandlerSeesTheWholeRequest) {
  serve_and_hold({.internal = true});
  const auto channel = connect_channel();
  TestCall call(*channel, "/a?b=1", "body");
  settle();
  ASSERT_EQ(exchanges.size(), 1u);
  const Request& request = exchanges[0]->request();
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.target, "/a?b=1");
  EXPECT_EQ(request.authority, "manta");
  EXPECT_EQ(request.headers.get("content-type"), "application/json");
  EXPECT_EQ(request.body, "body");
  EXPECT_TRUE(exchanges[0]->is_http2());
}

TEST_P(ChannelTest, CarriesBodiesOfEverySizeBothWays) {
  serve({.internal = true}, echo);
  const auto channel = connect_channel();
  for (const std::size_t size : {1u, 1000u, 16384u, 65535u, 65536u, 300'000u, 5'000'000u}) {
    std::string body(size, 'x');
    for (std::size_t i = 0; i < size; i += 97) body[i] = static_cast<char>('a' + i % 26);
    Request request{.method = "POST", .target = "/", .body = body};
    auto task = channel->call(std::move(request), std::chrono::seconds(1));
    task.start();
    settle_until([&] { return task.done(); });
    const auto response = task.take();
    ASSERT_TRUE(response.has_value()) << response.error().message;
    EXPECT_EQ(response->body, body);
  }
  EXPECT_EQ(budget.used(), 0u);
  EXPECT_EQ(client_budget.used(), 0u);
}

TEST_P(ChannelTest, StreamsWithTrailers) {
  serve_and_hold({.internal = true});
  const auto channel = connect_channel();
  TestCall call(*channel, "/stream", "x");
  settle();
  exchanges[0]->start(200, {{"content-type", "text/event-stream"}});
  settle();
  EXPECT_TRUE(call.call->has_head());
  exchanges[0]->write("one ");
  exchanges[0]->write("two ");
  settle();
  EXPECT_EQ(call.updates, 2);
  EXPECT_EQ(call.call->take(), "one two ");
  exchanges[0]->write("three");
  exchanges[0]->finish({{"x-manta-status", "ok"}});
  settle();
  EXPECT_TRUE(call.call->ended());
  EXPECT_EQ(call.call->take(), "three");
  EXPECT_EQ(call.call->trailers().get("x-manta-status"), "ok");
}

TEST_P(ChannelTest, ItemsArriveWholeHoweverTheirBytesAreSplit) {  // trap 8
  serve_and_hold({.internal = true});
  const auto channel = connect_channel();
  TestCall call(*channel, "/stream");
  settle();
  exchanges.at(0)->start(200, {});
  std::string bytes;
  for (const auto* item : {"one", "", "three"}) append_item(bytes, item);
  ItemSplitter splitter;
  std::vector<std::string> items;
  for (const char byte : bytes) {
    exchanges[0]->write({&byte, 1});
    settle();
    splitter.feed(call.call->take());
    for (auto item = splitter.next().value(); item; item = splitter.next().value()) items.push_back(std::move(*item));
  }
  EXPECT_EQ(items, (std::vector<std::string>{"one", "", "three"}));
  EXPECT_TRUE(splitter.at_boundary());
}

TEST_P(ChannelTest, CallFailsAtItsDeadline) {  // trap 10
  serve_and_hold({.internal = true});
  const auto channel = connect_channel();
  auto task = channel->call({.method = "GET", .target = "/"}, std::chrono::seconds(1));
  task.start();
  settle();
  EXPECT_FALSE(task.done());
  pass(std::chrono::seconds(1));
  ASSERT_TRUE(task.done());
  EXPECT_EQ(task.take().error().code, ErrorCode::DeadlineExceeded);
  EXPECT_TRUE(exchanges[0]->closed());
}

TEST_P(ChannelTest, DestroyingTheTaskCancelsTheCall) {  // trap 10
  serve_and_hold({.internal = true});
  const auto channel = connect_channel();
  bool closed = false;
  {
    auto task = channel->call({.method = "GET", .target = "/"}, std::chrono::seconds(1));
    task.start();
    settle();
    exchanges[0]->when_closed([&] { closed = true; });
  }
  settle();
  EXPECT_TRUE(closed);
  EXPECT_EQ(channel->open_calls(), 0u);
}

TEST_P(ChannelTest, ConnectsWithTheFirstCallAndSaysSo) {
  const auto fd = listen_on(Address{"127.0.0.1:0"});
  Channel channel(loop, local_address(*fd).value(), {}, client_budget);
  EXPECT_EQ(channel.state(), Channel::State::Idle);
  std::vector<Channel::State> states;
  channel.on_state([&](Channel::State state) { states.push_back(state); });
  serve({}, echo);
  server->listen(*fd);
  TestCall call(channel, "/", "x");
  settle_until([&] { return call.call->ended(); });
  EXPECT_EQ(call.call->body(), "x");
  EXPECT_EQ(states, (std::vector{Channel::State::Connecting, Channel::State::Up}));
}

TEST_P(ChannelTest, CallsNeverStartedIfNobodyListens) {
  Channel channel(loop, Address{"unix:/nonexistent/x.sock"}, {}, client_budget);
  TestCall call(channel, "/");
  EXPECT_EQ(call.failures, 0);
  settle();
  EXPECT_EQ(call.failures, 1);
  EXPECT_EQ(call.call->failure(), CallFailure::NeverStarted);
  EXPECT_TRUE(call.call->failure_reason().contains("/nonexistent/x.sock"));
  EXPECT_EQ(channel.state(), Channel::State::Lost);
}

TEST_P(ChannelTest, ConnectingHasATimeLimit) {
  const auto fd = listen_on(Address{"127.0.0.1:0"}, 0);
  const auto address = local_address(*fd).value();
  std::vector<std::unique_ptr<Channel>> filling;  // of the backlog
  for (int i = 0; i < 4; ++i) {
    filling.push_back(std::make_unique<Channel>(loop, address, ChannelOptions{}, client_budget));
    filling.back()->connect();
  }
  settle();
  Channel channel(loop, address, {}, client_budget);
  TestCall call(channel, "/");
  settle();
  EXPECT_EQ(channel.state(), Channel::State::Connecting);
  pass(std::chrono::seconds(5));
  EXPECT_EQ(call.call->failure(), CallFailure::NeverStarted);
  EXPECT_EQ(call.failures, 1);
  ::close(*fd);
}

TEST_P(ChannelTest, CallSaysWhetherItMayHaveRun) {
  serve_and_hold({.internal = true});
  const auto channel = connect_channel();
  auto task = channel->call({.target = "/"}, std::chrono::seconds(1));
  task.start();
  settle();
  server.reset();
  settle();
  ASSERT_TRUE(task.done());
  const auto lost = task.take();
  EXPECT_EQ(lost.error().code, ErrorCode::ReplicaDied);
  EXPECT_TRUE(lost.error().maybe_executed);
  auto again = channel->call({.target = "/"}, std::chrono::seconds(1));
  again.start();
  settle();
  EXPECT_EQ(again.take().error().code, ErrorCode::Unavailable);
}

TEST_P(ChannelTest, DropsHeadersThatWouldBreakTheStream) {
  serve_and_hold({.internal = true});
  const auto channel = connect_channel();
  TestCall call(*channel, "/");
  call.headers = {
      {"connection", "close"}, {"X-Upper", "1"}, {"x-bad", "a\nb"}, {"content-length", "77"}, {"x-good", "1"}};
  call.call = channel->start(
      {.path = "/", .headers = &call.headers, .body = std::make_shared<const std::string>("abc")}, [] {});
  settle();
  ASSERT_FALSE(exchanges.empty());
  const Request& request = exchanges.back()->request();
  EXPECT_EQ(request.body, "abc");
  EXPECT_TRUE(request.headers.has("x-good"));
  EXPECT_FALSE(request.headers.has("x-bad"));
}

INSTANTIATE_TEST_SUITE_P(Over, ChannelTest, testing::Values(Transport::SocketPair, Transport::Tcp), name_of);

}  // namespace
}  // namespace manta::net
