#include "ingress/proxy_loops.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <sstream>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <manta/detail/json.h>

#include "base/task_scope.h"
#include "net/channel.h"
#include "net/items.h"
#include "net/server.h"
#include "net/wire.h"
#include "spec/routing_change.h"

namespace manta::ingress {
namespace {

constexpr Duration kPatience = std::chrono::seconds(60);  // of a test; nothing is measured by it
constexpr int kThreads = 2;
constexpr std::size_t kClients = 4;

std::string temporary_folder() {
  std::string name = std::filesystem::temp_directory_path() / "manta-proxy-XXXXXX";
  return ::mkdtemp(name.data());
}

// All that is around a proxy, on one loop and thread of its own: a controller, two replicas, and clients that ask.
class Surroundings {
 public:
  Surroundings() : folder_(temporary_folder()) {
    controller_.listen(net::listen_on({controller()}).value());
    replicas_.listen(net::listen_on({replica(0)}).value());
    replicas_.listen(net::listen_on({replica(1)}).value());
    listen_fd = net::listen_on({"127.0.0.1:0"}).value();
    door_ = net::local_address(listen_fd).value();
  }
  ~Surroundings() { std::filesystem::remove_all(folder_); }

  std::string controller() const { return "unix:" + folder_ + "/controller.sock"; }
  std::string replica(int i) const { return "unix:" + folder_ + "/" + std::to_string(i) + ".sock"; }

  // Changes the routes each time, and every other time the replicas.
  void publish() {
    spec::RoutingSnapshot snapshot{.stamp = {1, ++version_}};
    const std::string extra = "/extra" + std::to_string(version_ % 3);
    snapshot.applications = {spec::ApplicationRoutes{.application = "app", .route_prefix = "/app", .ingress = "D"},
                             spec::ApplicationRoutes{.application = "extra", .route_prefix = extra, .ingress = "E"}};
    spec::ReplicaSet asked{.application = "app", .deployment = "D", .replicas = {}, .methods = {{.name = "ask"}}};
    for (int i = 0; i < (version_ % 2 == 0 ? 1 : 2); ++i)
      asked.replicas.push_back(
          {.id = "app#D#" + std::to_string(i), .address = replica(i), .node_id = "n", .max_ongoing_requests = 100});
    snapshot.deployments = {
        asked,
        spec::ReplicaSet{.application = "extra", .deployment = "E", .replicas = {}, .methods = {{.name = "ask"}}}};
    spec::SnapshotPosition begin;
    std::string item;
    net::append_item(item, *detail::to_json(spec::next_part(snapshot, begin, net::kMaxItem)));
    subscriber_->write(item);
  }

  // Every client asks `each` times, one request after the other, while things change.
  void ask_all(int each, std::string target, std::function<void()> done) {
    awaited_ = kClients;
    all_done_ = std::move(done);
    for (auto& client : clients) {
      if (!client) client = std::make_unique<net::Channel>(loop, net::Address(door_), net::ChannelOptions{}, budget_);
      tasks_.spawn(ask(client.get(), each, target));
    }
  }

  // Now, or when the last client has what it asked for.
  void when_all_answered(std::function<void()> done) {
    if (awaited_ == 0) return done();
    all_done_ = std::move(done);
  }

  Task<void> ask(net::Channel* client, int each, std::string target) {
    for (int i = 0; i < each; ++i) {
      net::Request request{.method = target.starts_with("/-/") ? "GET" : "POST", .target = target, .authority = "here"};
      auto calling = client->call(std::move(request), kPatience);
      const auto answer = co_await calling;
      ++answers[answer ? std::to_string(answer->status) + " " + answer->body : answer.error().message];
      if (changes && i % 10 == 0) publish();
    }
    if (--awaited_ == 0) std::exchange(all_done_, nullptr)();
  }

  int listen_fd = -1;
  SystemClock clock;
  Loop loop{clock};
  std::function<void()> on_subscribed;
  std::function<void()> on_held;  // as many requests as there are clients are held
  bool holds = false;             // from now on requests are not answered
  std::vector<net::ExchangePtr> held;
  bool changes = false;
  std::map<std::string, int> answers;    // by status and body
  std::map<std::uint64_t, int> callers;  // requests at the replicas, by connection

  std::array<std::unique_ptr<net::Channel>, kClients> clients;

 private:
  void on_request(net::ExchangePtr exchange) {
    if (exchange->request().target == net::wire::kSlots) {
      exchange->start(200, {});
      return control_.push_back(std::move(exchange));
    }
    ++callers[exchange->connection_id()];
    if (!holds) return exchange->respond({.body = "yes"});
    held.push_back(std::move(exchange));
    if (held.size() == kClients) on_held();
  }

  const std::string folder_;
  net::Address door_;
  net::ReceiveBudget budget_;
  std::uint64_t version_ = 0;
  net::ExchangePtr subscriber_;
  std::vector<net::ExchangePtr> control_;
  std::size_t awaited_ = 0;
  std::function<void()> all_done_;
  net::Server controller_{loop, {.internal = true}, budget_, [this](net::ExchangePtr exchange) {
                            if (exchange->request().target != "/-/subscribe") return exchange->respond({});
                            exchange->start(200, {});
                            subscriber_ = std::move(exchange);
                            publish();
                            if (on_subscribed) std::exchange(on_subscribed, nullptr)();
                          }};
  net::Server replicas_{
      loop, {.internal = true}, budget_, [this](net::ExchangePtr exchange) { on_request(std::move(exchange)); }};
  TaskScope tasks_{loop};
};

// A proxy with two loops on threads, and its surroundings on a third.
class ProxyLoopsTest : public ::testing::Test {
 protected:
  ProxyOptions options() {
    ProxyOptions options;
    options.listen_fd = around.listen_fd;
    options.controller_address = around.controller();
    options.threads = kThreads;
    return options;
  }
  // Until the proxy has drained and the clients have read what it sent. Ends the surroundings then.
  void run() {
    std::jthread others([this] { around.loop.run(); });
    loops.run();
    around.loop.post([this] { around.when_all_answered([this] { around.loop.post([this] { end(); }); }); });
  }
  void end() {
    for (auto& client : around.clients) client.reset();
    around.loop.stop();
  }
  // The value of a series without its labels, summed over them.
  double sum(const std::string& name) const {
    double sum = 0;
    std::istringstream lines(metrics.text());
    for (std::string line; std::getline(lines, line);)
      if (line.starts_with(name + "{")) sum += std::stod(line.substr(line.rfind(' ')));
    return sum;
  }

  Surroundings around;
  const SystemClock clock;
  Logger logger{{.component = "test", .level = LogLevel::Error, .async = false}};
  Metrics metrics;
  net::ReceiveBudget budget;
  routing::QueueCounts queue_counts;
  ShadowCounts shadow_counts;
  ProxyLoops loops{options(), {clock, metrics, logger, budget, queue_counts, shadow_counts}};
};

TEST_F(ProxyLoopsTest, AllLoopsServeWhileTheInstanceChangesAndTheirFiguresAddUp) {
  constexpr int kEach = 500;
  around.changes = true;
  around.on_subscribed = [this] { around.ask_all(kEach, "/app/ask", [this] { loops.drain(kPatience); }); };
  run();
  EXPECT_EQ(around.answers, (std::map<std::string, int>{{"200 yes", kEach * int{kClients}}}));
  EXPECT_EQ(sum("ray_serve_num_http_requests"), kEach * int{kClients});
  EXPECT_EQ(sum("ray_serve_num_router_requests"), kEach * int{kClients});
  EXPECT_EQ(sum("ray_serve_num_ongoing_http_requests"), 0);
  EXPECT_EQ(sum("ray_serve_num_ongoing_requests_at_replicas"), 0);
  int most = 0;
  for (const auto& [connection, requests] : around.callers) most = std::max(most, requests);
  EXPECT_GE(around.callers.size(), std::size_t{kThreads});
  EXPECT_LE(most, kEach * int{kClients} / 2) << "each loop has half of the clients";
}

TEST_F(ProxyLoopsTest, ADrainLetsTheRequestsOfAllLoopsEnd) {
  around.holds = true;
  around.on_held = [this] {
    loops.drain(kPatience);
    // Behind what the loops tell their clients.
    for (const auto& exchange : around.held) exchange->respond({.body = "late"});
  };
  around.on_subscribed = [this] { around.ask_all(1, "/app/ask", [] {}); };
  run();
  EXPECT_EQ(around.answers, (std::map<std::string, int>{{"200 late", int{kClients}}}));
}

TEST_F(ProxyLoopsTest, HealthIsAnsweredForAllLoops) {
  around.on_subscribed = [this] { around.ask_all(50, "/-/healthz", [this] { loops.drain(kPatience); }); };
  run();
  EXPECT_EQ(around.answers, (std::map<std::string, int>{{"200 success", 50 * int{kClients}}}));
}

TEST_F(ProxyLoopsTest, StopsBeforeItsThreadsHaveBegunToo) {
  loops.stop();
  run();
}

}  // namespace
}  // namespace manta::ingress
