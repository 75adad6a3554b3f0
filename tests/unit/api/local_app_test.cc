#include <gtest/gtest.h>

#include <thread>

#include "deployments.h"

namespace manta {
namespace {

using manta::testing::fake;
using manta::testing::LocalApp;
using std::chrono::milliseconds;
using std::chrono::seconds;

Error error_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const Exception& exception) {
    return exception.error();
  }
  return {.code = ErrorCode::Internal, .message = "nothing was thrown"};
}

TEST(LocalAppTest, CallsGoThroughTheGraph) {
  LocalApp app(rag_application());
  const Answer answer = app.handle<Rag>().call<&Rag::query>(Question{"x", 2}).get();
  EXPECT_EQ(answer, (Answer{"about x", {"docs:x:0", "docs:x:1"}}));
}

TEST(LocalAppTest, DynamicHandlesCallByName) {
  LocalApp app(rag_application());
  EXPECT_EQ(app.handle("Rag").call<Answer>("query", Question{"y", 1}).get().sources.size(), 1u);
  EXPECT_EQ(error_of([&] { app.handle("Rag").call<Answer>("nothing").get(); }).code, ErrorCode::NotFound);
  EXPECT_EQ(error_of([&] { app.handle("Other"); }).message,
            "application 'rag' has no deployment 'Other'; known: Rag, Retriever");
}

TEST(LocalAppTest, AResponseIsAnArgumentOfAnotherCall) {
  struct Echo {
    std::vector<std::string> same(std::vector<std::string> given) { return given; }
    using methods = Methods<&Echo::same>;
  };
  struct Both {
    Both(Handle<Retriever>, Handle<Echo>) {}
    int none() { return 0; }
    using methods = Methods<&Both::none>;
  };
  LocalApp app({.ingress = bind<Both>(bind<Retriever>("d"), bind<Echo>())});
  auto found = app.handle<Retriever>().call<&Retriever::search>("q", 1);
  auto echoed = app.handle<Echo>().call<&Echo::same>(std::move(found));
  EXPECT_EQ(echoed.get(), std::vector<std::string>{"d:q:0"});
}

TEST(LocalAppTest, WhatACalleeThrowsReachesTheCaller) {
  LocalApp app(rag_application());
  const Error error = error_of([&] { app.handle<Retriever>().call<&Retriever::fail>("broken").get(); });
  EXPECT_EQ(error.code, ErrorCode::AppError);
  EXPECT_EQ(error.message, "broken");
}

TEST(LocalAppTest, AFakeStandsInForADeployment) {
  LocalApp app(
      rag_application(),
      {fake<Retriever>().on<&Retriever::search>([](std::string, int) { return std::vector<std::string>{"fake"}; })});
  EXPECT_EQ(app.handle<Rag>().call<&Rag::query>(Question{"x"}).get().sources, std::vector<std::string>{"fake"});
  EXPECT_EQ(error_of([&] { app.handle<Retriever>().call<&Retriever::fail>("x").get(); }).code, ErrorCode::NotFound);
}

TEST(LocalAppTest, AFailingConstructorIsThrownWithTheDeployment) {
  struct Broken {
    Broken() { throw std::runtime_error("no model at /m"); }
    int none() { return 0; }
    using methods = Methods<&Broken::none>;
  };
  const Error error = error_of([] { LocalApp app({.ingress = bind<Broken>()}); });
  EXPECT_EQ(error.code, ErrorCode::Unavailable);
  EXPECT_EQ(error.message, "Broken: the constructor failed: no model at /m");
}

TEST(LocalAppTest, EveryDeploymentSaysWhereItIs) {
  LocalApp app(rag_application());
  const WhereAmI here = app.handle<Retriever>().where_am_i().get();
  EXPECT_EQ(here.deployment, "Retriever");
  EXPECT_EQ(here.application, "rag");
  EXPECT_EQ(here.model_version, "v7");
  EXPECT_EQ(here.pid, getpid());
  EXPECT_GT(here.free_memory_bytes, 0);
  EXPECT_FALSE(here.configuration_hash.empty());
}

struct Contextual {
  Contextual() : at_construction(replica_context().deployment) {}
  Task<std::vector<std::string>> tell() {
    const std::string session = request_context().session_id;
    const std::string on_compute = co_await compute([] { return replica_context().replica; });
    co_await sleep(milliseconds(1));
    co_return std::vector<std::string>{at_construction, session, on_compute, request_context().session_id,
                                       replica_context().deployment};
  }
  std::string at_construction;
  using methods = Methods<&Contextual::tell>;
};

TEST(LocalAppTest, ContextsAreKnownEverywhere) {
  LocalApp app({.name = "a", .ingress = bind<Contextual>()});
  const auto handle = app.handle<Contextual>().with({.session_id = "s1"});
  EXPECT_EQ(handle.call<&Contextual::tell>().get(),
            (std::vector<std::string>{"Contextual", "s1", "a#Contextual#local", "s1", "Contextual"}));
  EXPECT_THROW(replica_context(), Exception);
}

struct Blocks {
  explicit Blocks(Handle<Retriever> retriever) : retriever_(retriever) {}
  Task<int> wrong() {
    auto found = retriever_.call<&Retriever::search>("q", 1);
    co_return static_cast<int>(found.get().size());
  }
  Handle<Retriever> retriever_;
  using methods = Methods<&Blocks::wrong>;
};

TEST(LocalAppTest, BlockingOnAStrandIsAClearError) {
  LocalApp app({.ingress = bind<Blocks>(bind<Retriever>("d"))});
  const Error error = error_of([&] { app.handle<Blocks>().call<&Blocks::wrong>().get(); });
  EXPECT_EQ(
      error.message,
      "response.get() would block the strand of 'Blocks' for ever: use co_await in a coroutine method, or make the "
      "class's methods plain");
}

struct Narcissus {
  std::string self() {
    return get_deployment_handle("Narcissus").with({.timeout = milliseconds(30)}).call<std::string>("self").get();
  }
  using methods = Methods<&Narcissus::self>;
};

TEST(LocalAppTest, ASelfCallThatCannotProceedNamesTheCause) {
  LocalApp app({.ingress = bind<Narcissus>().with({.max_ongoing_requests = 1})});
  const Error error = error_of([&] { app.handle<Narcissus>().call<&Narcissus::self>().get(); });
  EXPECT_EQ(error.code, ErrorCode::DeadlineExceeded);
  EXPECT_NE(error.message.find("'Narcissus' calls itself"), std::string::npos) << error.message;
}

struct Gate {
  explicit Gate(std::string) {}
  static inline Meeting inside, open;
  int pass() {
    inside.arrive();
    open.wait_for(1);
    return 1;
  }
  using methods = Methods<&Gate::pass>;
};

TEST(LocalAppTest, AdmissionHoldsWhatIsTooMuch) {
  LocalApp app({.ingress = bind<Gate>("g").with({.max_ongoing_requests = 1, .max_queued_requests = 1})});
  auto running = app.handle<Gate>().call<&Gate::pass>();
  ASSERT_TRUE(Gate::inside.wait_for(1));
  auto queued = app.handle<Gate>().call<&Gate::pass>();
  auto refused = app.handle<Gate>().call<&Gate::pass>();
  EXPECT_EQ(error_of([&] { refused.get(); }).code, ErrorCode::Overloaded);
  EXPECT_FALSE(queued.done());
  Gate::open.arrive();
  EXPECT_EQ(running.get() + queued.get(), 2);
}

struct Parallel {
  static inline Meeting both;
  int meet(int) {
    both.arrive();
    return both.wait_for(2) ? 1 : 0;
  }
  using methods = Methods<&Parallel::meet>;
};
struct FanOut {
  FanOut(Handle<Parallel> a, Handle<Parallel> b) : a_(a), b_(b) {}
  Task<int> call() {
    auto first = a_.call<&Parallel::meet>(1);
    auto second = b_.call<&Parallel::meet>(2);
    auto waiting = gather(std::move(first), std::move(second));
    const auto [x, y] = co_await waiting;
    co_return x + y;
  }
  Handle<Parallel> a_, b_;
  using methods = Methods<&FanOut::call>;
};

TEST(LocalAppTest, CallsMadeBeforeAnAwaitRunInParallel) {
  LocalApp app({.ingress = bind<FanOut>(bind<Parallel>(), bind<Parallel>())});
  EXPECT_EQ(app.handle<FanOut>().call<&FanOut::call>().get(), 2);
}

TEST(LocalAppTest, WaitAnyFindsTheOneThatIsDone) {
  LocalApp app(rag_application());
  std::vector<Response<std::vector<std::string>>> responses;
  for (int i = 0; i < 3; ++i) responses.push_back(app.handle<Retriever>().call<&Retriever::search>("q", i));
  const auto first = wait_any(responses, seconds(30));
  ASSERT_TRUE(first);
  EXPECT_EQ(responses[*first].get().size(), *first);
  EXPECT_FALSE(wait_any(std::vector<Response<int>>{}));
}

struct Limits {
  int factor = 1;
};
BOOST_DESCRIBE_STRUCT(Limits, (), (factor))
struct Configured {
  int times(int x) { return x * factor_; }
  void reconfigure(Limits limits) { factor_ = limits.factor; }
  bool check_health() { return factor_ != 13; }
  int factor_ = 1;
  using methods = Methods<&Configured::times>;
};

TEST(LocalAppTest, UserConfigReachesReconfigureBeforeTheFirstCall) {
  LocalApp app({.ingress = bind<Configured>().with({.user_config = R"({"factor": 5})"})});
  EXPECT_EQ(app.handle<Configured>().call<&Configured::times>(2).get(), 10);
}

TEST(LocalAppTest, ABadUserConfigOrHealthCheckIsAStartFailure) {
  const auto start = [](const char* config) {
    return error_of([&] { LocalApp app({.ingress = bind<Configured>().with({.user_config = config})}); }).message;
  };
  EXPECT_NE(start(R"({"factr": 5})").find("factor"), std::string::npos) << start(R"({"factr": 5})");
  EXPECT_NE(start(R"({"factor": 13})").find("health check"), std::string::npos) << start(R"({"factor": 13})");
}

}  // namespace
}  // namespace manta
