#include "replica/replica_server.h"

#include <sys/socket.h>

#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <optional>
#include <stdexcept>

#include <manta/detail/json.h>

#include "net/channel.h"
#include "net/items.h"
#include "net/wire.h"
#include "replica/loop_compute.h"
#include "sim/sleep.h"
#include "spec/error_reply.h"

namespace manta::replica {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::literals::operator""s;

// The user object of these tests; what its methods do is set by the test.
class TestServable final : public Servable {
 public:
  TestServable(Loop& loop, int& destroyed) : loop_(loop), destroyed_(destroyed) {}
  ~TestServable() override { ++destroyed_; }
  const std::vector<spec::MethodSpec>& methods() const override { return methods_; }
  bool is_coroutine(std::string_view method) const override { return method != "plain"; }

  Task<Result<Reply>> call(Invocation invocation) override {
    if (invocation.method == "echo")
      co_return Reply{.body = invocation.http ? invocation.http->target : invocation.body};
    if (invocation.method == "id") co_return Reply{.body = detail::current_request()->request_id};
    if (invocation.method == "bad")
      throw Exception({.code = ErrorCode::InvalidArgument, .message = "bad", .detail = "$.x"});
    if (invocation.method == "throws") throw std::runtime_error("oops");
    if (invocation.method == "raw")
      co_return Reply{
          .http = std::make_shared<net::Response>(net::Response{.status = 201, .body = invocation.http->target})};
    if (invocation.method == "sleep") {
      co_await sim::Sleep(loop_, seconds(1));
      co_return Reply{.body = "slept"};
    }
    for (const char* item : {"1", "2"}) {  // stream, and one that fails half-way
      auto written = co_await invocation.items->write(item);
      if (!written) co_return std::unexpected(written.error());
      if (invocation.method == "breaks") co_return fail(ErrorCode::AppError, "half-way");
      co_await sim::Sleep(loop_, seconds(20));
    }
    co_return Reply{};
  }
  Result<Reply> call_blocking(Invocation invocation) override { return Reply{.body = "plain " + invocation.body}; }
  Result<void> check_health() override { return healthy ? Result<void>() : fail(ErrorCode::Unavailable, "sick"); }
  Result<void> reconfigure(const std::string& config) override {
    if (config == "\"bad\"") throw std::runtime_error("not this one");
    reconfigured = config;
    return {};
  }

  bool healthy = true;
  std::string reconfigured;

 private:
  Loop& loop_;
  int& destroyed_;
  const std::vector<spec::MethodSpec> methods_{{.name = "echo"},
                                               {.name = "id"},
                                               {.name = "bad"},
                                               {.name = "throws"},
                                               {.name = "sleep"},
                                               {.name = "plain"},
                                               {.name = "raw", .raw_http = true},
                                               {.name = "stream", .streams = true},
                                               {.name = "breaks", .streams = true}};
};

class ReplicaServerTest : public testing::Test {
 protected:
  void start() {
    options.application = "app";
    options.deployment = "D";
    options.id = "app#D#1";
    if (!make)
      make = [this]() -> Result<std::unique_ptr<Servable>> {
        auto made = std::make_unique<TestServable>(loop, destroyed);
        servable = made.get();
        return made;
      };
    server = std::make_unique<ReplicaServer>(loop, compute, metrics, logger, budget, options, std::move(make));
    server->on_state([this](const spec::ReplicaState& state) { states += state.state + " "; });
    server->start();
    int fds[2];
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds) != 0) std::abort();
    server->accept(fds[1]);
    channel = std::make_unique<net::Channel>(loop, fds[0], net::ChannelOptions{}, budget);
    loop.poll();
  }

  std::unique_ptr<net::ClientCall> call(const std::string& path, net::Headers headers = {},
                                        const std::string& body = "{}") {
    const auto sent = body.empty() ? nullptr : std::make_shared<const std::string>(body);
    auto started = channel->start({.path = path, .headers = &headers, .body = sent}, [] {});
    loop.poll();
    return started;
  }

  static spec::ErrorBody error_in(net::ClientCall& call) {
    return detail::from_json<spec::ErrorReply>(call.body()).value_or(spec::ErrorReply{}).error;
  }

  void advance(Duration by) {
    const TimePoint until = clock.now() + by;
    for (auto next = loop.next_deadline(); next && *next <= until; next = loop.next_deadline()) {
      clock.advance_to(*next);
      loop.poll();
    }
    clock.advance_to(until);
    loop.poll();
  }

  VirtualClock clock;
  Loop loop{clock};
  LoopCompute compute{loop};
  Metrics metrics;
  Logger logger{{.component = "test", .level = static_cast<LogLevel>(99), .async = false}};
  net::ReceiveBudget budget;
  ReplicaOptions options;
  MakeServable make;
  int destroyed = 0;
  TestServable* servable = nullptr;
  std::string states;
  std::unique_ptr<ReplicaServer> server;
  std::unique_ptr<net::Channel> channel;
};

TEST_F(ReplicaServerTest, AnswersCoroutineAndPlainMethods) {
  start();
  const auto echo = call("/echo", {}, "[1]");
  EXPECT_EQ(echo->status(), 200);
  EXPECT_EQ(echo->body(), "[1]");
  EXPECT_EQ(echo->headers().get("content-type"), net::wire::kJson);
  EXPECT_EQ(echo->headers().get(net::wire::kQueue), "0");
  EXPECT_EQ(call("/plain", {}, "[1]")->body(), "plain [1]");
  EXPECT_EQ(server->state().completed, 2u);
}

TEST_F(ReplicaServerTest, AnswersInTheFormatOfTheRequest) {
  start();
  EXPECT_EQ(call("/echo", {{"content-type", net::wire::kMsgPack}})->headers().get("content-type"), net::wire::kMsgPack);
}

TEST_F(ReplicaServerTest, GivesTheRequestsContextToTheMethod) {
  start();
  EXPECT_EQ(call("/id", {{net::wire::kRequestId, "r9"}})->body(), "r9");
}

TEST_F(ReplicaServerTest, RawMethodsSeeTheOriginalRequest) {
  start();
  const auto raw = call("/v1/things?x=1", {{net::wire::kMethod, "raw"}});
  EXPECT_EQ(raw->status(), 201);
  EXPECT_EQ(raw->body(), "/v1/things?x=1");
}

TEST_F(ReplicaServerTest, TypedMethodsSeeTheQueryOfARequestWithoutABody) {
  start();
  EXPECT_EQ(call("/echo?x=1", {}, "")->body(), "/echo?x=1");
  EXPECT_EQ(call("/echo?x=1", {}, "[1]")->body(), "[1]");
}

TEST_F(ReplicaServerTest, UserExceptionsBecomeTypedErrors) {
  start();
  const auto bad = call("/bad", {{net::wire::kRequestId, "r1"}});
  EXPECT_EQ(bad->status(), 400);
  EXPECT_EQ(bad->headers().get(net::wire::kError), "InvalidArgument");
  EXPECT_EQ(error_in(*bad).detail, "$.x");
  EXPECT_EQ(error_in(*bad).request_id, "r1");
  const auto throws = call("/throws");
  EXPECT_EQ(throws->status(), 500);
  EXPECT_EQ(error_in(*throws).type, "AppError");
  EXPECT_EQ(error_in(*throws).message, "oops");
}

TEST_F(ReplicaServerTest, AnUnknownMethodIsRefusedAsNeverStarted) {
  start();
  const auto unknown = call("/nothing");
  EXPECT_EQ(unknown->status(), 404);
  EXPECT_EQ(unknown->headers().get(net::wire::kRefused), "no-method");
}

TEST_F(ReplicaServerTest, RefusesWithItsLengthBeyondMaxOngoingRequestsAndGrantsTheFreedPlace) {
  options.config.max_ongoing_requests = 1;
  start();
  const auto slots = call("/-/slots");
  const auto first = call("/sleep");
  const auto second = call("/sleep");
  EXPECT_EQ(second->status(), 503);
  EXPECT_EQ(second->headers().get(net::wire::kRefused), "full");
  EXPECT_EQ(second->headers().get(net::wire::kQueue), "1");
  EXPECT_EQ(server->waiters(), 1u);
  advance(seconds(1));
  EXPECT_EQ(first->body(), "slept");
  EXPECT_NE(slots->body().find(R"("grant":1)"), std::string::npos);
  advance(milliseconds(10));  // it lapses unused
  EXPECT_EQ(server->waiters(), 0u);
}

TEST_F(ReplicaServerTest, TheDeadlineEndsARunningMethod) {
  start();
  const auto late = call("/sleep", {{net::wire::kTimeoutMs, "100"}});
  advance(milliseconds(99));
  EXPECT_EQ(server->state().ongoing, 1);
  advance(milliseconds(1));
  EXPECT_EQ(late->status(), 408);
  EXPECT_EQ(server->state().ongoing, 0);
}

TEST_F(ReplicaServerTest, ACallerThatCancelsFreesThePlace) {
  start();
  auto cancelled = call("/sleep");
  EXPECT_EQ(server->state().ongoing, 1);
  cancelled.reset();
  loop.poll();
  EXPECT_EQ(server->state().ongoing, 0);
}

TEST_F(ReplicaServerTest, StreamsAsEventsWithCommentsWhileSilent) {
  start();
  const auto events = call("/stream", {{"accept", net::wire::kEventStream}});
  EXPECT_EQ(events->headers().get("content-type"), net::wire::kEventStream);
  EXPECT_EQ(events->take(), "data: 1\n\n");
  advance(seconds(15));
  EXPECT_EQ(events->take(), "");
  advance(seconds(15));
  EXPECT_EQ(events->take(), "data: 2\n\n");
  advance(seconds(10));
  EXPECT_TRUE(events->ended());
}

TEST_F(ReplicaServerTest, ASilentEventStreamGetsAComment) {
  options.keep_alive = seconds(7);
  start();
  const auto events = call("/stream", {{"accept", net::wire::kEventStream}});
  advance(seconds(15));
  EXPECT_EQ(events->take(), "data: 1\n\n: keep-alive\n\n");
}

TEST_F(ReplicaServerTest, StreamsAsLinesByDefaultAndAsItemsForHandles) {
  start();
  const auto lines = call("/stream");
  EXPECT_EQ(lines->take(), "1\n");
  const auto items = call("/stream", {{"content-type", net::wire::kMsgPack}});
  EXPECT_EQ(items->take(), std::string("\0\0\0\0\1", 5) + "1");
  advance(seconds(40));
  EXPECT_TRUE(items->ended());
  EXPECT_EQ(items->trailers().get(net::wire::kStatus), "ok");
  EXPECT_EQ(server->open_streams(), 0u);
}

TEST_F(ReplicaServerTest, AStreamThatFailsHalfWaySaysSo) {
  start();
  EXPECT_NE(call("/breaks", {{"accept", net::wire::kEventStream}})->take().find("event: error\ndata: {\"error\""),
            std::string::npos);
  const auto items = call("/breaks", {{"accept", net::wire::kItems}});
  EXPECT_EQ(items->trailers().get(net::wire::kStatus), "AppError");
  EXPECT_TRUE(items->trailers().has(net::wire::kErrorJson));
}

TEST_F(ReplicaServerTest, BecomesReadyAfterConstructorConfigCheckAndWarmUp) {
  options.config.user_config = R"({"a":1})";
  options.config.warmup = {{.method = "echo", .count = 2}, {.method = "plain"}};
  start();
  EXPECT_EQ(states, "RUNNING ");
  EXPECT_EQ(servable->reconfigured, R"({"a":1})");
}

TEST_F(ReplicaServerTest, AFailedWarmUpIsAFailedStart) {
  options.config.warmup = {{.method = "throws"}};
  start();
  EXPECT_EQ(states, "START_FAILED ");
  EXPECT_EQ(server->state().message, "D: warm-up call throws failed: oops");
}

TEST_F(ReplicaServerTest, AConstructorThatThrowsIsAFailedStartWithItsText) {
  make = []() -> Result<std::unique_ptr<Servable>> { throw std::runtime_error("no model file"); };
  start();
  EXPECT_EQ(server->state().message, "D: the constructor failed: no model file");
  EXPECT_FALSE(server->state().is_final);
  EXPECT_EQ(call("/echo")->status(), 503);
}

TEST_F(ReplicaServerTest, AConstructorThatRefusesItsConfigurationWouldDoSoAgain) {
  make = []() -> Result<std::unique_ptr<Servable>> {
    throw Exception({.code = ErrorCode::InvalidArgument, .message = "unknown option 'x'"});
  };
  start();
  EXPECT_EQ(states, "START_FAILED ");
  EXPECT_TRUE(server->state().is_final);
}

TEST_F(ReplicaServerTest, TellsItsStateOnAStream) {
  start();
  const auto state = call("/-/state");
  EXPECT_NE(state->take().find(R"("state":"RUNNING")"), std::string::npos);
  const auto running = call("/sleep");
  advance(milliseconds(500));
  EXPECT_NE(state->take().find(R"("ongoing":1)"), std::string::npos);
}

TEST_F(ReplicaServerTest, RunsTheUsersHealthCheck) {
  start();
  EXPECT_EQ(call("/-/check_health")->status(), 200);
  servable->healthy = false;
  const auto sick = call("/-/check_health");
  EXPECT_EQ(sick->status(), 503);
  EXPECT_EQ(error_in(*sick).message, "sick");
}

TEST_F(ReplicaServerTest, TakesNewSettingsWithoutARestart) {
  options.config.max_ongoing_requests = 1;
  start();
  const auto first = call("/sleep");
  EXPECT_EQ(call("/sleep")->status(), 503);
  const std::string settings = R"({"max_ongoing_requests":2,"user_config":"{\"a\":2}"})";
  EXPECT_EQ(call("/-/settings", {}, settings)->status(), 200);
  EXPECT_EQ(servable->reconfigured, R"({"a":2})");
  const auto second = call("/sleep");
  EXPECT_EQ(second->status(), 0) << "it runs";
  EXPECT_EQ(call("/sleep")->status(), 503);
  servable->reconfigured = "untouched";
  EXPECT_EQ(call("/-/settings", {}, settings)->status(), 200);
  EXPECT_EQ(servable->reconfigured, "untouched") << "the user_config is the same";
}

TEST_F(ReplicaServerTest, SettingsThatTheObjectRefusesChangeNothing) {
  options.config.max_ongoing_requests = 1;
  start();
  const auto refused = call("/-/settings", {}, R"({"max_ongoing_requests":2,"user_config":"\"bad\""})");
  EXPECT_EQ(refused->status(), 500);
  EXPECT_EQ(error_in(*refused).message, "not this one");
  EXPECT_EQ(call("/-/settings", {}, R"({"max_ongoing_requests":"x"})")->status(), 400);
  const auto first = call("/sleep");
  EXPECT_EQ(call("/sleep")->status(), 503);
}

TEST_F(ReplicaServerTest, ServesItsFigures) {
  start();
  const net::Headers route{{net::wire::kRoute, "/x"}};
  call("/throws", route);
  const auto sleeping = call("/sleep", route);
  call("/-/check_health");
  const std::string busy(call("/-/metrics")->body());
  const std::string labels = R"(application="app",deployment="D",replica="app#D#1"})";
  for (const std::string& sample :
       {R"(deployment_error_counter{application="app",deployment="D",exception_type="AppError",replica="app#D#1",)"s +
            R"(route="/x"} 1)",
        "replica_utilization_percent{" + labels + " 20", "replica_processing_queries{" + labels + " 1"})
    EXPECT_NE(busy.find("ray_serve_" + sample + "\n"), std::string::npos) << sample << "\n" << busy;
  advance(seconds(1));
  const std::string longest = "ray_serve_deployment_max_processing_latency_ms{" + labels;
  EXPECT_NE(call("/-/metrics")->body().find(longest + " 1000\n"), std::string::npos);
  EXPECT_NE(call("/-/metrics")->body().find(longest + " 0\n"), std::string::npos) << "since the scrape before";
}

TEST_F(ReplicaServerTest, DrainsWithoutLosingARequestAndDestroysTheObjectOnce) {
  start();
  const auto slots = call("/-/slots");
  const auto running = call("/sleep");
  std::optional<bool> clean;
  server->drain([&](bool was_clean) { clean = was_clean; });
  loop.poll();
  EXPECT_NE(slots->body().find(R"("draining":true)"), std::string::npos);
  const auto refused = call("/echo");
  EXPECT_EQ(refused->headers().get(net::wire::kRefused), "draining");
  EXPECT_FALSE(clean);
  advance(seconds(1));
  EXPECT_EQ(running->body(), "slept");
  loop.poll();
  EXPECT_EQ(clean, true);
  EXPECT_EQ(destroyed, 1);
  server.reset();
  EXPECT_EQ(destroyed, 1);
}

TEST_F(ReplicaServerTest, CancelsWhatStillRunsWhenTheTimeForDrainingIsOver) {
  options.config.graceful_shutdown_timeout_s = 0.5;
  start();
  const auto running = call("/sleep");
  std::optional<bool> clean;
  server->drain([&](bool was_clean) { clean = was_clean; });
  advance(milliseconds(500));
  EXPECT_EQ(running->status(), 503);
  EXPECT_EQ(clean, true);
  EXPECT_EQ(destroyed, 1);
}

}  // namespace
}  // namespace manta::replica
