#include "loadgen/generator.h"

#include <gtest/gtest.h>

#include <unistd.h>

#include "net/server.h"

namespace manta::loadgen {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// A server on loopback and a load on it, on one loop under a clock that moves when told.
class GeneratorTest : public ::testing::Test {
 protected:
  GeneratorTest() {
    fd = *net::listen_on(*net::Address::parse("127.0.0.1:0"));
    plan.address = *net::local_address(fd);
    plan.requests = {{.path = "/x", .body = std::make_shared<const std::string>("hello")}};
    plan.authority = "localhost";
    plan.concurrency = 4;
    plan.duration = seconds(10);
  }

  void serve(net::Server::Handler handler) {
    server = std::make_unique<net::Server>(loop, net::ServerOptions{}, budget, std::move(handler));
    server->listen(fd);
  }
  void answer_after(Duration time, int status = 200) {
    serve([this, time, status](net::ExchangePtr exchange) {
      const auto ongoing = ++now_open;
      most_open = std::max(most_open, ongoing);
      loop.after(time, [this, exchange, status] {
        --now_open;
        ++answered;
        exchange->respond({.status = status, .headers = {}, .body = "ok"});
      });
    });
  }
  void begin() {
    generator = std::make_unique<Generator>(loop, plan, [this] { done = true; });
    generator->begin();
    settle();
  }
  // TCP between the two ends needs the kernel, not the clock.
  void settle() {
    for (int quiet = 0; quiet < 50;) {
      quiet = loop.poll() == 0 ? quiet + 1 : 0;
      if (quiet > 40) ::usleep(100);
    }
  }
  void pass(Duration time, Duration step = milliseconds(5)) {
    for (Duration passed{}; passed < time; passed += step) {
      clock.advance(step);
      settle();
    }
  }

  VirtualClock clock;
  Loop loop{clock};
  net::ReceiveBudget budget;
  int fd = -1;
  LoadPlan plan;
  std::unique_ptr<net::Server> server;
  std::unique_ptr<Generator> generator;
  int now_open = 0, most_open = 0, answered = 0;
  bool done = false;
  std::vector<net::ExchangePtr> held;
};

TEST_F(GeneratorTest, AClosedLoopKeepsSoManyRequestsOpen) {
  answer_after(milliseconds(100));
  plan.duration = seconds(1);
  begin();
  EXPECT_EQ(generator->open(), 4u);
  pass(milliseconds(1200), milliseconds(20));
  EXPECT_TRUE(done);
  EXPECT_EQ(most_open, 4);
  EXPECT_EQ(generator->result().completed, static_cast<std::uint64_t>(answered));
  EXPECT_NEAR(static_cast<double>(answered), 40, 4);
  EXPECT_GE(generator->result().latency.min(), milliseconds(100));
}

TEST_F(GeneratorTest, ACountEndsTheLoad) {
  answer_after(milliseconds(10));
  plan.count = 10;
  begin();
  pass(milliseconds(200));
  EXPECT_TRUE(done);
  EXPECT_EQ(answered, 10);
  EXPECT_EQ(generator->result().completed, 10u);
}

// The server stalls for a second: requests that were due meanwhile have waited, although none could be sent.
TEST_F(GeneratorTest, AnOpenLoopCountsTheTimeThatARequestWasLate) {
  answer_after(seconds(1));
  plan.rate = 10;
  plan.burstiness = 0;
  plan.concurrency = 1;
  plan.duration = seconds(1);
  begin();
  pass(milliseconds(1500), milliseconds(50));
  EXPECT_GE(generator->waiting(), 7u);
  pass(seconds(10), milliseconds(50));
  EXPECT_TRUE(done);
  EXPECT_EQ(generator->result().completed, 10u);
  EXPECT_GE(generator->result().latency.max(), seconds(9));  // the tenth was due after 0.9 s, ended after 10 s
}

TEST_F(GeneratorTest, AnOpenLoopSendsAtItsRate) {
  answer_after(milliseconds(1));
  plan.rate = 50;
  plan.burstiness = 0;
  plan.duration = seconds(2);
  begin();
  pass(milliseconds(2200), milliseconds(10));
  EXPECT_TRUE(done);
  EXPECT_EQ(generator->result().completed, 100u);
}

TEST_F(GeneratorTest, WhatWasDueInTheWarmUpIsNotCounted) {
  answer_after(milliseconds(10));
  plan.rate = 10;
  plan.burstiness = 0;
  plan.warm_up = seconds(1);
  plan.duration = seconds(1);
  begin();
  EXPECT_TRUE(generator->is_warming_up());
  pass(milliseconds(2200), milliseconds(20));
  EXPECT_TRUE(done);
  EXPECT_EQ(answered, 20);
  EXPECT_EQ(generator->result().completed, 10u);
}

TEST_F(GeneratorTest, FailuresAreCountedByReason) {
  answer_after(milliseconds(1), 503);
  plan.count = 3;
  begin();
  pass(milliseconds(100));
  EXPECT_EQ(generator->result().failed, 3u);
  EXPECT_EQ(generator->result().failures.at("503"), 3u);
}

TEST_F(GeneratorTest, ARequestWithoutAnAnswerTimesOut) {
  serve([this](net::ExchangePtr exchange) { held.push_back(std::move(exchange)); });
  plan.count = 4;
  plan.timeout = seconds(2);
  begin();
  pass(milliseconds(2500), milliseconds(100));
  EXPECT_TRUE(done);
  EXPECT_EQ(generator->result().failures.at("timeout"), 4u);
}

TEST_F(GeneratorTest, AServerThatIsNotThereIsAFailureAndNoBusyLoop) {
  ::close(fd);
  plan.duration = seconds(1);
  begin();
  pass(milliseconds(1500), milliseconds(10));
  EXPECT_TRUE(done);
  EXPECT_EQ(generator->result().completed, 0u);
  EXPECT_GT(generator->result().failed, 0u);
  EXPECT_LE(generator->result().failed, 100u);  // each place pauses after a failed connect
}

TEST_F(GeneratorTest, MeasuresTheTokensOfAStream) {
  serve([this](net::ExchangePtr exchange) {
    exchange->start(200, {{"content-type", "text/event-stream"}});
    for (int i = 1; i <= 5; ++i)
      loop.after(milliseconds(100 * i), [exchange, i] {
        exchange->write("data: {\"choices\": [{\"text\": \"t\"}]}\n\n");
        if (i < 5) return;
        exchange->write("data: [DONE]\n\n");
        exchange->finish();
      });
  });
  plan.count = 2;
  plan.reads_events = true;
  begin();
  pass(milliseconds(700), milliseconds(20));
  ASSERT_TRUE(done);
  const LoadResult& result = generator->result();
  EXPECT_EQ(result.output_tokens, 10u);
  EXPECT_EQ(result.between_tokens.count(), 8u);
  EXPECT_NEAR(result.between_tokens.mean_s(), 0.1, 0.03);
  EXPECT_NEAR(result.first_token.mean_s(), 0.1, 0.03);
  EXPECT_NEAR(result.per_token.mean_s(), 0.1, 0.03);
}

TEST_F(GeneratorTest, Http2SharesAFewConnections) {
  answer_after(milliseconds(50));
  plan.http2 = true;
  plan.connections = 2;
  plan.concurrency = 8;
  plan.count = 32;
  begin();
  pass(milliseconds(600), milliseconds(10));
  EXPECT_TRUE(done);
  for (const auto& [reason, count] : generator->result().failures) ADD_FAILURE() << count << " failed: " << reason;
  EXPECT_EQ(generator->result().completed, 32u);
  EXPECT_EQ(most_open, 8);
}

}  // namespace
}  // namespace manta::loadgen
