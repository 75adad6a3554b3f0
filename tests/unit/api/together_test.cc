// Every semantic of a call both ways: replicas with loops and sockets of their own, and together on one loop.
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <future>
#include <map>
#include <optional>
#include <sstream>

#include "api/handle_callers.h"
#include "api/loop_thread.h"
#include "api/replica_runtime.h"
#include "together_app.h"

namespace manta::api {
namespace {

enum class Placed { Separate, Together };

class TogetherTest : public ::testing::TestWithParam<Placed> {
 protected:
  struct Replica {
    std::shared_ptr<LoopThread> thread;
    std::unique_ptr<Metrics> metrics = std::make_unique<Metrics>();
    std::unique_ptr<ReplicaRuntime> runtime;
  };

  void SetUp() override { back_seen = std::make_unique<BackSeen>(); }

  void TearDown() override {
    client_.run_and_wait([&] {
      client_.strand()->close();
      dispatchers_.reset();
    });
    for (auto name = order_.rbegin(); name != order_.rend(); ++name) {
      Replica& replica = replicas_.at(*name);
      std::promise<void> drained;
      replica.thread->loop().post([&] { replica.runtime->drain([&] { drained.set_value(); }); });
      drained.get_future().wait();
    }
    for (auto name = order_.rbegin(); name != order_.rend(); ++name) {
      Replica& replica = replicas_.at(*name);
      replica.thread->run_and_wait([&] { replica.runtime.reset(); });
    }
  }

  routing::ConnectReplica connect_from(LoopThread& from) {
    return [this, &from](const spec::ReplicaAddress& to) -> std::unique_ptr<net::Channel> {
      int ends[2];
      if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) != 0) return nullptr;
      Replica& callee = replicas_.at(to.address);
      callee.thread->loop().post([&callee, fd = ends[0]] { callee.runtime->accept(fd); });
      return std::make_unique<net::Channel>(from.loop(), ends[1], net::ChannelOptions{}, budget_);
    };
  }

  void deploy(const DeploymentConfig& back_config = {}) {
    const Graph graph =
        value_or_throw(make_graph({.name = "app", .ingress = bind<Front>(bind<Back>().with(back_config))}));
    const auto shared = std::make_shared<LoopThread>(clock_);
    for (const GraphNode& node : graph.nodes) make(graph, node, is_together() ? shared : nullptr);
    if (is_together())
      for (auto& [name, replica] : replicas_)
        for (auto& [other, neighbour] : replicas_) replica.runtime->add_neighbour(*neighbour.runtime);
    for (const std::string& name : order_) {
      Replica& replica = replicas_.at(name);
      replica.thread->run_and_wait([&] {
        replica.runtime->start();
        replica.runtime->update(snapshot_);
      });
    }
    client_.run_and_wait([&] {
      dispatchers_.emplace(routing::RouterEnvironment{.loop = client_.loop(),
                                                      .metrics = metrics_,
                                                      .logger = logger_,
                                                      .connect = connect_from(client_),
                                                      .handle = "test"},
                           counts_);
      dispatchers_->update(snapshot_);
    });
    callers_.emplace(client_.strand(), *dispatchers_, names_, HandleOwner{});
  }

  void make(const Graph& graph, const GraphNode& node, std::shared_ptr<LoopThread> shared) {
    const DeploymentConfig& config = node.node->config;
    snapshot_.deployments.push_back(
        spec::ReplicaSet{.application = graph.name,
                         .deployment = node.name,
                         .replicas = {{.id = node.name + "#1",
                                       .address = node.name,
                                       .max_ongoing_requests = config.max_ongoing_requests}},
                         .max_queued_requests = config.max_queued_requests,
                         .methods = method_specs(*node.node->table, false)});
    Replica& replica = replicas_[node.name];
    order_.push_back(node.name);
    replica.thread = shared ? std::move(shared) : std::make_shared<LoopThread>(clock_);
    replica.runtime = std::make_unique<ReplicaRuntime>(
        replica.thread->loop(), *replica.metrics, logger_,
        ReplicaRuntimeOptions{
            .identity = {.application = graph.name, .deployment = node.name, .id = node.name + "#1", .config = config},
            .graph = [graph] { return graph; },
            .connect = connect_from(*replica.thread),
            .shares_loop = is_together()});
  }

  bool is_together() const { return GetParam() == Placed::Together; }
  Handle<Front> front() { return Handle<Front>(callers_->of("app", "Front")); }

  // Labels and value of each series of that name.
  std::vector<std::string> figures(const std::string& of, const std::string& name) {
    std::string text;
    replicas_.at(of).thread->run_and_wait([&] { text = replicas_.at(of).metrics->text(); });
    std::vector<std::string> found;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);)
      if (line.starts_with(name + "{")) found.push_back(line.substr(name.size() + 1));
    return found;
  }

  SystemClock clock_;
  Metrics metrics_;
  Logger logger_{{.component = "test", .level = LogLevel::Error, .async = false}};
  net::ReceiveBudget budget_;
  routing::QueueCounts counts_;
  LoopThread client_{clock_};
  std::optional<routing::Dispatchers> dispatchers_;
  DeploymentNames names_{client_.loop()};
  std::optional<HandleCallers> callers_;
  std::map<std::string, Replica> replicas_;
  std::vector<std::string> order_;  // callees before callers
  spec::RoutingSnapshot snapshot_;
};

TEST_P(TogetherTest, MethodsOfEveryKindAnswer) {
  deploy();
  EXPECT_EQ(front().call<&Front::all>("a").get(), (std::vector<std::string>{"a!", "a?", "a.", "a?!", "a!"}));
}

TEST_P(TogetherTest, ACalleeHasArgumentsOfItsOwn) {
  deploy();
  EXPECT_EQ(front().call<&Front::twice>(Sheet{{1, 2}}).get(), (Sheet{{2, 4}}));
}

TEST_P(TogetherTest, WhatIsMovedIntoACallIsCopiedOnlyBetweenProcesses) {
  deploy();
  EXPECT_EQ(front().call<&Front::moves>().get(), is_together());
}

TEST_P(TogetherTest, ErrorsHaveTheirCodes) {
  deploy();
  EXPECT_EQ(front().call<&Front::error_of>("broken", 0).get(), "AppError: it broke");
  EXPECT_EQ(front().call<&Front::error_of>("unknown", 0).get(), "NotFound");
  EXPECT_EQ(front().call<&Front::error_of>("echo", 0).get(), "InvalidArgument") << "an argument is missing";
}

TEST_P(TogetherTest, ADeadlineEndsTheCallee) {
  deploy();
  for (const std::string method : {"hold", "hold_plain"}) {
    // On a busy machine the time may be over before the callee has begun.
    const int entered = back_seen->entered.arrived();
    while (back_seen->entered.arrived() == entered)
      EXPECT_EQ(front().call<&Front::error_of>(method, 20).get(), "DeadlineExceeded");
    EXPECT_TRUE(back_seen->left.wait_for(entered + 1));
  }
}

TEST_P(TogetherTest, ADroppedResponseEndsTheCallee) {
  deploy();
  EXPECT_EQ(front().call<&Front::drop>(false).get(), 1);
  EXPECT_TRUE(back_seen->left.wait_for(1));
  EXPECT_EQ(front().call<&Front::drop>(true).get(), 1);
  EXPECT_TRUE(back_seen->left.wait_for(2));
}

TEST_P(TogetherTest, ACallerThatGoesEndsTheWholeChain) {
  deploy();
  {
    const auto dropped = front().call<&Front::error_of>("hold", 0);
    ASSERT_TRUE(back_seen->entered.wait_for(1));
  }
  EXPECT_TRUE(back_seen->left.wait_for(1));
}

TEST_P(TogetherTest, PlacesAndTheQueueAreBounded) {
  deploy({.max_ongoing_requests = 1, .max_queued_requests = 1});
  front().call<&Front::context>().get();  // until the replica is connected, even the first call waits
  EXPECT_EQ(front().call<&Front::crowd>().get(),
            (std::vector<std::string>{"DeadlineExceeded", "DeadlineExceeded", "Overloaded"}));
}

TEST_P(TogetherTest, APlaceThatIsFreedIsTakenByTheNext) {
  deploy({.max_ongoing_requests = 1});
  for (int i = 0; i < 3; ++i)
    EXPECT_EQ(front().call<&Front::all>("a").get(), (std::vector<std::string>{"a!", "a?", "a.", "a?!", "a!"}));
}

TEST_P(TogetherTest, CallsThatComeTogetherAreOneBatch) {
  deploy({.max_ongoing_requests = 8});
  EXPECT_EQ(front().call<&Front::batch>(8).get(), 28);
  EXPECT_EQ(back_seen->batches, (std::vector<std::size_t>{4, 4}));
}

TEST_P(TogetherTest, StreamsGoBothWays) {
  deploy();
  EXPECT_EQ(front().call<&Front::streams>(1000).get(), 499'503);
  EXPECT_EQ(front().call<&Front::first_of_stream>().get(), 0);
  EXPECT_EQ(front().call<&Front::streams>(2).get(), 4) << "the place of the dropped stream is free again";
}

TEST_P(TogetherTest, APlainMethodThatStreamsIsToldThatNobodyReads) {
  deploy();
  EXPECT_EQ(front().call<&Front::first_of_plain_stream>().get(), 0);
  EXPECT_TRUE(back_seen->left.wait_for(1));
}

TEST_P(TogetherTest, TheFrameworkAnswersForAReplica) {
  deploy();
  EXPECT_EQ(front().call<&Front::where>().get(), "Back");
}

TEST_P(TogetherTest, AnErrorAmongTheArgumentsEndsTheCall) {
  deploy();
  EXPECT_EQ(front().call<&Front::given_an_error>().get(), "the argument");
}

TEST_P(TogetherTest, CallsThatSuspendAndCallsThatDoNotFollowEachOther) {
  deploy({.request_timeout_s = 60});
  EXPECT_EQ(front().call<&Front::many>(200).get(), 19'900);
}

TEST_P(TogetherTest, CodeKnowsItsOwnReplicaAndRequest) {
  deploy();
  EXPECT_EQ(front().call<&Front::context>().get(), (std::vector<std::string>{"Back", "s1", "Back", "Back", "Front"}));
}

TEST_P(TogetherTest, FiguresAreTheSame) {
  deploy();
  front().call<&Front::all>("a").get();
  front().call<&Front::error_of>("broken", 0).get();
  const std::string labels = R"(application="app",deployment="Back",)";
  const std::string of_back = labels + R"(replica="Back#1",route=""})";
  const std::string failed = labels + R"(exception_type="AppError",replica="Back#1",route=""})";
  using Lines = std::vector<std::string>;
  EXPECT_EQ(figures("Front", "ray_serve_handle_request_counter"), (Lines{labels + R"(handle="Front"} 7)"}));
  EXPECT_EQ(figures("Back", "ray_serve_deployment_request_counter"), (Lines{of_back + " 7"}));
  EXPECT_EQ(figures("Back", "ray_serve_deployment_error_counter"), (Lines{failed + " 1"}));
  EXPECT_EQ(figures("Back", "ray_serve_deployment_processing_latency_ms_count"), (Lines{of_back + " 7"}));
}

INSTANTIATE_TEST_SUITE_P(Both, TogetherTest, ::testing::Values(Placed::Separate, Placed::Together),
                         [](const auto& info) { return info.param == Placed::Together ? "Together" : "Separate"; });

}  // namespace
}  // namespace manta::api
