#include "api/replica_runtime.h"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <future>

#include "api/handle_callers.h"
#include "api/loop_thread.h"
#include "deployments.h"

namespace manta::api {
namespace {

// Replicas as the replica role makes them, each with a loop thread of its own, joined by socket pairs; and a client.
class ReplicaRuntimeTest : public ::testing::Test {
 protected:
  struct Replica {
    std::unique_ptr<LoopThread> thread;
    std::unique_ptr<ReplicaRuntime> runtime;
  };

  void SetUp() override {
    client_.run_and_wait([&] { dispatchers_.emplace(environment(client_), counts_); });
    callers_.emplace(client_.strand(), *dispatchers_, names_, HandleOwner{});
  }

  void TearDown() override {
    client_.run_and_wait([&] {
      client_.strand()->close();
      dispatchers_.reset();
    });
    for (auto& [name, replica] : replicas_) {
      std::promise<void> drained;
      replica.thread->loop().post([&] { replica.runtime->drain([&] { drained.set_value(); }); });
      drained.get_future().wait();
    }
    for (auto& [name, replica] : replicas_) replica.thread->run_and_wait([&] { replica.runtime.reset(); });
  }

  routing::RouterEnvironment environment(LoopThread& from) {
    return {
        .loop = from.loop(), .metrics = metrics_, .logger = logger_, .connect = connect_from(from), .handle = "test"};
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

  // Starts the named deployments of `application` and tells everybody where they are.
  void deploy(const Application& application, const std::string& fingerprint = "") {
    const Graph graph = value_or_throw(make_graph(application));
    for (const GraphNode& node : graph.nodes) {
      Replica& replica = replicas_[node.name];
      replica.thread = std::make_unique<LoopThread>(clock_);
      set_of(graph, node);
    }
    for (const GraphNode& node : graph.nodes) {
      Replica& replica = replicas_[node.name];
      replica.thread->run_and_wait([&] { start(replica, graph, node, fingerprint); });
    }
    for (auto& [name, replica] : replicas_)
      replica.thread->run_and_wait([&] { replica.runtime->update(snapshot_); });  // routers connect at once
    client_.run_and_wait([&] { dispatchers_->update(snapshot_); });
  }

  void set_of(const Graph& graph, const GraphNode& node) {
    spec::ReplicaSet set{
        .application = graph.name, .deployment = node.name, .methods = method_specs(*node.node->table, false)};
    set.replicas.push_back({.id = node.name + "#1", .address = node.name});
    snapshot_.deployments.push_back(std::move(set));
  }

  void start(Replica& replica, const Graph& graph, const GraphNode& node, const std::string& fingerprint) {
    ReplicaRuntimeOptions options{.identity = {.application = graph.name,
                                               .deployment = node.name,
                                               .id = node.name + "#1",
                                               .fingerprint = fingerprint},
                                  .graph = [graph] { return graph; },
                                  .connect = connect_from(*replica.thread)};
    replica.runtime = std::make_unique<ReplicaRuntime>(replica.thread->loop(), metrics_, logger_, std::move(options));
    replica.runtime->on_state([this, name = node.name](const spec::ReplicaState& state) {
      if (state.state == "START_FAILED") failed_.set_value(state.message);
    });
    replica.runtime->start();
  }

  template <class D>
  Handle<D> handle() {
    return Handle<D>(callers_->of("rag", std::string(detail::class_name<D>())));
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
  spec::RoutingSnapshot snapshot_;
  std::promise<std::string> failed_;
};

TEST_F(ReplicaRuntimeTest, CallsGoFromReplicaToReplica) {
  deploy(rag_application());
  const Answer answer = handle<Rag>().call<&Rag::query>(Question{"x", 2}).get();
  EXPECT_EQ(answer, (Answer{"about x", {"docs:x:0", "docs:x:1"}}));
}

TEST_F(ReplicaRuntimeTest, StreamsGoFromReplicaToReplica) {
  deploy(rag_application());
  EXPECT_EQ(handle<Rag>().call<&Rag::sum>(1000).get(), 499'500);
  auto reader = handle<Rag>().stream<&Rag::words>("ab");
  EXPECT_EQ(reader.next_blocking(), "a");
  EXPECT_EQ(reader.next_blocking(), "b");
  EXPECT_EQ(reader.next_blocking(), std::nullopt);
}

TEST_F(ReplicaRuntimeTest, MeasuresHowLongResponsesAmongTheArgumentsTook) {
  deploy(rag_application());
  EXPECT_EQ(handle<Rag>().call<&Rag::sum>(handle<Rag>().call<&Rag::sum>(4)).get(), 15);
  const std::string text = metrics_.text();
  const std::string sample =
      R"(router_args_resolution_latency_ms_count{application="rag",deployment="Rag",handle="test"} )";
  EXPECT_NE(text.find(sample + "1\n"), std::string::npos) << "only of the call that was given one";
}

TEST_F(ReplicaRuntimeTest, ErrorsKeepTheirCodeAndMessage) {
  deploy(rag_application());
  auto failing = handle<Retriever>().call<&Retriever::fail>("broken");
  try {
    failing.get();
    FAIL();
  } catch (const Exception& exception) {
    EXPECT_EQ(exception.code(), ErrorCode::AppError);
    EXPECT_STREQ(exception.what(), "broken");
  }
}

struct Mirror {
  std::string self() {
    return get_deployment_handle("Mirror")
        .with({.timeout = std::chrono::milliseconds(30)})
        .call<std::string>("self")
        .get();
  }
  std::string elsewhere(std::string deployment, std::string application) {
    return get_deployment_handle(deployment, application).call<WhereAmI>("where_am_i").get().deployment;
  }
  using methods = Methods<&Mirror::self, &Mirror::elsewhere>;
};

TEST_F(ReplicaRuntimeTest, ASelfCallThatCannotProceedNamesTheCause) {
  deploy({.name = "app", .ingress = bind<Mirror>().with({.max_ongoing_requests = 1})});
  auto call = Handle<Mirror>(callers_->of("app", "Mirror")).call<&Mirror::self>();
  try {
    call.get();
    FAIL();
  } catch (const Exception& exception) {
    EXPECT_EQ(exception.code(), ErrorCode::DeadlineExceeded);
    EXPECT_NE(std::string_view(exception.what()).find("'Mirror' calls itself"), std::string_view::npos)
        << exception.what();
  }
}

TEST_F(ReplicaRuntimeTest, ADeploymentOfAnotherApplicationIsFoundByItsName) {
  deploy({.name = "app", .ingress = bind<Mirror>()});
  deploy(rag_application());
  const Handle<Mirror> mirror(callers_->of("app", "Mirror"));
  EXPECT_EQ(mirror.call<&Mirror::elsewhere>("Retriever", "").get(), "Retriever");
  EXPECT_EQ(mirror.call<&Mirror::elsewhere>("Retriever", "rag").get(), "Retriever");
  try {
    mirror.call<&Mirror::elsewhere>("Retreiver", "").get();
    FAIL();
  } catch (const Exception& exception) {
    EXPECT_EQ(exception.code(), ErrorCode::NotFound);
    EXPECT_STREQ(exception.what(), "no application has a deployment 'Retreiver'; did you mean 'Retriever'?");
  }
}

TEST_F(ReplicaRuntimeTest, WhatASnapshotNoLongerNamesIsNotFoundUntilOneNamesItAgain) {
  deploy(rag_application());
  const Handle<Retriever> retriever = handle<Retriever>();
  EXPECT_EQ((retriever.call<&Retriever::search>("x", 1).get()), std::vector<std::string>{"docs:x:0"});
  client_.run_and_wait([&] { dispatchers_->update(spec::RoutingSnapshot{}); });
  try {
    retriever.call<&Retriever::search>("x", 1).get();
    FAIL();
  } catch (const Exception& exception) {
    EXPECT_EQ(exception.code(), ErrorCode::NotFound);
    EXPECT_STREQ(exception.what(), "application 'rag' has no deployment 'Retriever'");
  }
  client_.run_and_wait([&] { dispatchers_->update(snapshot_); });
  EXPECT_EQ((retriever.call<&Retriever::search>("y", 1).get()), std::vector<std::string>{"docs:y:0"});
}

TEST_F(ReplicaRuntimeTest, TheReplicaSaysWhichItIs) {
  deploy(rag_application());
  EXPECT_EQ(handle<Retriever>().where_am_i().get().replica, "Retriever#1");
}

TEST_F(ReplicaRuntimeTest, AResponseGoesOnWithoutBeingRead) {
  deploy(rag_application());
  auto found = handle<Rag>().call<&Rag::sum>(4);  // 6
  EXPECT_EQ(handle<Rag>().call<&Rag::sum>(std::move(found)).get(), 15);
}

struct Doubler {
  Task<int> twice(int x) { co_return co_await batcher.submit(x); }
  Batcher<int, int> batcher{{.max_batch_size = 4},
                            [](std::vector<int> items) {
                              for (int& item : items) item *= 2;
                              return items;
                            },
                            nullptr,
                            "double"};
  using methods = Methods<&Doubler::twice>;
};

TEST_F(ReplicaRuntimeTest, BatchesAreCounted) {
  deploy({.name = "rag", .ingress = bind<Doubler>()});
  EXPECT_EQ(handle<Doubler>().call<&Doubler::twice>(21).get(), 42);
  const std::string text = metrics_.text();
  for (const char* name : {"batch_wait_time_ms_count", "batch_execution_time_ms_count", "actual_batch_size_count",
                           "batch_utilization_percent_count", "batches_processed"})
    EXPECT_NE(text.find(std::string("ray_serve_") + name), std::string::npos) << name;
  EXPECT_NE(text.find(R"(function_name="double")"), std::string::npos);
}

TEST_F(ReplicaRuntimeTest, AnotherFingerprintIsAStartFailureThatNamesTheNode) {
  deploy({.name = "rag", .ingress = bind<Retriever>("docs")}, "0123456789abcdef");
  EXPECT_EQ(failed_.get_future().get(),
            "Retriever: the constructor failed: build() made another 'Retriever' than when it was deployed: "
            "it must return the same graph for the same arguments");
}

}  // namespace
}  // namespace manta::api
