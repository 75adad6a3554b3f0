// A replica from its start to its end: readiness, health, settings, figures, drain.

#include "net/wire.h"
#include "unit/replica/replica_fixture.h"

namespace manta::replica {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::literals::operator""s;

TEST_F(ReplicaServerTest, BecomesReadyAfterConstructorConfigCheckAndWarmUp) {
  options.config.user_config = R"({"a":1})";
  options.config.warmup = {{.method = "echo", .count = 2}, {.method = "plain"}};
  start();
  EXPECT_EQ(states, "RUNNING ");
  EXPECT_EQ(object->reconfigured, R"({"a":1})");
}

TEST_F(ReplicaServerTest, AFailedWarmUpIsAFailedStart) {
  options.config.warmup = {{.method = "throws"}};
  start();
  EXPECT_EQ(states, "START_FAILED ");
  EXPECT_EQ(server->state().message, "D: warm-up call throws failed: oops");
}

TEST_F(ReplicaServerTest, AConstructorThatThrowsIsAFailedStartWithItsText) {
  start([]() -> Result<std::unique_ptr<Servable>> { throw std::runtime_error("no model file"); });
  EXPECT_EQ(server->state().message, "D: the constructor failed: no model file");
  EXPECT_FALSE(server->state().is_final);
  EXPECT_EQ(call("/echo")->status(), 503);
}

TEST_F(ReplicaServerTest, AConstructorThatRefusesItsConfigurationWouldDoSoAgain) {
  start([]() -> Result<std::unique_ptr<Servable>> {
    throw Exception({.code = ErrorCode::InvalidArgument, .message = "unknown option 'x'"});
  });
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
  object->healthy = false;
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
  EXPECT_EQ(object->reconfigured, R"({"a":2})");
  const auto second = call("/sleep");
  EXPECT_EQ(second->status(), 0) << "it runs";
  EXPECT_EQ(call("/sleep")->status(), 503);
  object->reconfigured = "untouched";
  EXPECT_EQ(call("/-/settings", {}, settings)->status(), 200);
  EXPECT_EQ(object->reconfigured, "untouched") << "the user_config is the same";
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
