// Callers and a replica that meet over TCP, as on two nodes.

#include <gtest/gtest.h>

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/task_scope.h"
#include "net/address.h"
#include "replica/loop_compute.h"
#include "replica/replica_server.h"
#include "routing/dispatcher.h"
#include "sim/sim_servable.h"

namespace manta::replica {
namespace {

class OverTcpTest : public testing::Test {
 protected:
  OverTcpTest() {
    const auto listener = net::listen_on(net::Address{"127.0.0.1:0"});
    address_ = net::local_address(listener.value()).value();
    server_->listen(*listener);
    server_->start();
  }
  ~OverTcpTest() override { tasks_.cancel_all(); }

  // Tells the caller where the replica is: it connects.
  void publish() {
    spec::ReplicaSet set{.application = "app", .deployment = "D"};
    set.replicas = {{.id = "app#D#1", .address = address_.text, .node_id = "n", .max_ongoing_requests = 4}};
    dispatcher_.update(set);
  }

  static ReplicaOptions options() {
    ReplicaOptions options{.application = "app", .deployment = "D", .id = "app#D#1"};
    options.config.max_ongoing_requests = 4;
    return options;
  }
  std::unique_ptr<net::Channel> connect() {
    ++connections_;
    return std::make_unique<net::Channel>(loop_, address_, channel_options_, budget_);
  }
  TaskScope::Id call(const std::string& method, int number, int milliseconds) {
    routing::Outbound outbound{.method = method};
    outbound.headers.add("content-type", "application/json");
    outbound.body = std::make_shared<const std::string>(std::to_string(number) + " " + std::to_string(milliseconds));
    outbound.context = std::make_shared<RequestContext>();
    return tasks_.spawn(run(std::move(outbound)));
  }
  Task<void> run(routing::Outbound outbound) {
    auto response = co_await dispatcher_.call(std::move(outbound));
    if (response)
      answers_.insert(std::move(response->body));
    else
      failures_.push_back(response.error().message);
  }
  // Lets both sides work, with virtual time going on, until as many calls have ended.
  void run_until_ended(std::size_t calls) {
    for (int i = 0; i < 100'000 && answers_.size() + failures_.size() < calls; ++i)
      if (loop_.poll() == 0) clock_.advance(std::chrono::milliseconds(1));
    EXPECT_EQ(answers_.size() + failures_.size(), calls);
  }

  VirtualClock clock_;
  Loop loop_{clock_};
  Metrics metrics_;
  Logger logger_{{.component = "test", .level = LogLevel::Error, .async = false}};
  net::ReceiveBudget budget_;
  net::ChannelOptions channel_options_;
  net::Address address_;
  int connections_ = 0;
  sim::Executions executions_;
  LoopCompute compute_{loop_};
  std::unique_ptr<ReplicaServer> server_ = std::make_unique<ReplicaServer>(
      loop_, compute_, metrics_, logger_, budget_, options(),
      [this]() -> Result<std::unique_ptr<Servable>> { return std::make_unique<sim::SimServable>(loop_, executions_); });
  routing::Dispatcher dispatcher_{{.loop = loop_,
                                   .metrics = metrics_,
                                   .logger = logger_,
                                   .connect = [this](const spec::ReplicaAddress&) { return connect(); },
                                   .seed = 1,
                                   .handle = "test"},
                                  "app",
                                  "D",
                                  std::make_shared<routing::QueueCount>()};
  std::multiset<std::string> answers_;
  std::vector<std::string> failures_;
  TaskScope tasks_{loop_};
};

TEST_F(OverTcpTest, EveryCallIsAnsweredOnceWhileMoreComeThanFit) {
  publish();
  std::multiset<std::string> expected;
  for (int i = 0; i < 50; ++i) {
    call("once", i, i % 7);
    expected.insert(std::to_string(i));
  }
  run_until_ended(50);
  EXPECT_EQ(answers_, expected);
  for (const auto& [number, times] : executions_) EXPECT_EQ(times, 1) << number;
  EXPECT_EQ(connections_, 1);
}

TEST_F(OverTcpTest, StreamsArriveWhole) {
  publish();
  routing::Outbound outbound{.method = "stream"};
  outbound.headers = {{"content-type", "application/json"}, {"accept", "application/x-manta-items"}};
  outbound.body = std::make_shared<const std::string>("7 1");
  outbound.context = std::make_shared<RequestContext>();
  tasks_.spawn(run(std::move(outbound)));
  run_until_ended(1);
  ASSERT_EQ(failures_, std::vector<std::string>());
  EXPECT_EQ(answers_.begin()->size(), 3 * (5 + 2001));
}

TEST_F(OverTcpTest, ACancelledCallGivesItsPlaceBack) {
  publish();
  for (int i = 0; i < 4; ++i) {
    const auto id = call("once", i, 1'000'000);
    for (int j = 0; j < 100'000 && executions_[i] == 0; ++j) loop_.poll();
    tasks_.cancel(id);
  }
  for (int i = 4; i < 8; ++i) call("once", i, 1);
  run_until_ended(4);
  EXPECT_EQ(failures_, std::vector<std::string>());
}

TEST_F(OverTcpTest, AConnectionThatHasMadeItsShareOfCallsIsReplacedAndNoCallIsLost) {  // trap 2
  channel_options_.max_calls = 5;
  publish();
  for (int i = 0; i < 40; ++i) call("once", i, 1);
  run_until_ended(40);
  EXPECT_EQ(failures_, std::vector<std::string>());
  EXPECT_EQ(answers_.size(), 40u);
  for (const auto& [number, times] : executions_) EXPECT_EQ(times, 1) << number;
  EXPECT_GE(connections_, 8);
}

TEST_F(OverTcpTest, CallsOfAReplicaThatEndsFail) {
  publish();
  for (int i = 0; i < 3; ++i) call("once", i, 1'000'000);
  for (int j = 0; j < 100'000 && executions_.size() < 3; ++j) loop_.poll();
  server_.reset();
  run_until_ended(3);
  EXPECT_EQ(failures_.size(), 3u);
}

}  // namespace
}  // namespace manta::replica
