#include "routing/load_reporter.h"

#include <manta/detail/json.h>

#include "fixture.h"
#include "spec/load_report.h"

namespace manta::routing {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class LoadReporterTest : public RoutingFixture {
 protected:
  LoadReporterTest() {
    start_controller();
    reporter.update(snapshot(10));
    loop.poll();
  }
  void start_controller() {
    controller = std::make_unique<net::Server>(
        loop, net::ServerOptions{.internal = true}, budget, [this](net::ExchangePtr exchange) {
          EXPECT_EQ(exchange->request().target, spec::kLoadPath);
          const auto report = detail::from_json<spec::LoadReport>(exchange->request().body);
          ASSERT_TRUE(report);
          connections.push_back(exchange->connection_id());
          for (const spec::QueuedRequests& entry : report->deployments)
            heard.push_back({entry.deployment, entry.queued});
          exchange->respond({.status = 200, .headers = {}, .body = "{}"});
        });
  }
  void stop_controller() {
    controller.reset();
    loop.poll();
  }
  std::unique_ptr<net::Channel> connect_to_controller() {
    if (!controller) return nullptr;
    int fds[2];
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds) != 0) std::abort();
    controller->accept(fds[1]);
    return std::make_unique<net::Channel>(loop, fds[0], net::ChannelOptions{}, budget);
  }
  static spec::RoutingSnapshot snapshot(double interval_s) {
    spec::RoutingSnapshot snapshot;
    snapshot.deployments.push_back(
        spec::ReplicaSet{.application = "app", .deployment = "D", .load_report_interval_s = interval_s});
    snapshot.deployments.push_back(spec::ReplicaSet{.application = "app", .deployment = "Fixed"});
    return snapshot;
  }
  void enter(int count, const std::string& deployment = "D") {
    for (int i = 0; i < count; ++i) counts.of("app", deployment)->try_enter(-1);
    settle();
  }
  void leave(int count) {
    for (int i = 0; i < count; ++i) counts.of("app", "D")->leave();
    settle();
  }
  void settle() {
    for (int i = 0; i < 10; ++i) loop.poll();
  }
  void pass(Duration time) {
    advance(time);
    settle();
  }

  using Heard = std::vector<std::pair<std::string, std::int64_t>>;
  std::unique_ptr<net::Server> controller;
  QueueCounts counts;
  Heard heard;
  std::vector<std::uint64_t> connections;
  LoadReporter reporter{loop, logger, counts, [this] { return connect_to_controller(); }};
};

TEST_F(LoadReporterTest, TellsTheFirstWaitingRequestAtOnce) {
  EXPECT_TRUE(heard.empty());
  enter(1);
  EXPECT_EQ(heard, (Heard{{"D", 1}}));
}

TEST_F(LoadReporterTest, PutsChangesTogetherThatFollowSoon) {
  enter(1);
  enter(3);
  enter(2);
  EXPECT_EQ(heard.size(), 1u);
  pass(milliseconds(50));
  leave(6);
  pass(milliseconds(50));
  EXPECT_EQ(heard, (Heard{{"D", 1}, {"D", 6}, {"D", 0}}));
}

TEST_F(LoadReporterTest, IsSilentAboutDeploymentsThatDoNotFollowTheLoad) {
  enter(5, "Fixed");
  pass(seconds(60));
  EXPECT_TRUE(heard.empty());
}

TEST_F(LoadReporterTest, RepeatsItselfWhileRequestsWait) {
  enter(2);
  pass(seconds(9));
  EXPECT_EQ(heard.size(), 1u);
  pass(seconds(1));
  EXPECT_EQ(heard, (Heard{{"D", 2}, {"D", 2}}));
  leave(2);
  pass(seconds(60));
  EXPECT_EQ(heard, (Heard{{"D", 2}, {"D", 2}, {"D", 0}}));
}

TEST_F(LoadReporterTest, TellsTheNextControllerWhatWaits) {
  enter(2);
  stop_controller();
  pass(seconds(3));
  start_controller();
  pass(seconds(1));
  ASSERT_EQ(heard.size(), 2u);
  EXPECT_EQ(heard.back(), (std::pair<std::string, std::int64_t>{"D", 2}));
}

TEST_F(LoadReporterTest, UsesOneConnection) {
  enter(1);
  pass(seconds(1));
  leave(1);
  pass(seconds(1));
  ASSERT_EQ(connections.size(), 2u);
  EXPECT_EQ(connections[0], connections[1]);
}

TEST_F(LoadReporterTest, OneOfSeveralLoopsReportsForTheProcess) {
  LoadReporter second(loop, logger, counts, [this] { return connect_to_controller(); });
  second.update(snapshot(10));
  enter(1);
  EXPECT_EQ(heard.size(), 1u);
}

TEST_F(LoadReporterTest, SaysWhatAlreadyWaitsWhenADeploymentBeginsToFollowTheLoad) {
  reporter.update(snapshot(0));
  enter(4);
  EXPECT_TRUE(heard.empty());
  reporter.update(snapshot(10));
  settle();
  EXPECT_EQ(heard, (Heard{{"D", 4}}));
}

}  // namespace
}  // namespace manta::routing
