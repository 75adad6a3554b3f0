// Kept and shared answers of a replica, through its server.
#include <gtest/gtest.h>

#include <vector>

#include <manta/detail/json.h>

#include "net/wire.h"
#include "sim/sleep.h"
#include "spec/settings.h"
#include "unit/replica/replica_fixture.h"

namespace manta::replica {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// Answers after a second with how often it has run; "bad" fails.
class Counting final : public Servable {
 public:
  explicit Counting(Loop& loop) : loop_(loop) {}
  const std::vector<spec::MethodSpec>& methods() const override { return methods_; }
  bool is_coroutine(std::string_view) const override { return true; }
  Task<Result<Reply>> call(Invocation& invocation) override {
    const int run = ++runs;
    struct Gone {
      Counting& of;
      bool ended = false;
      ~Gone() { of.cancelled += ended ? 0 : 1; }
    } gone{*this};
    co_await sim::Sleep(loop_, seconds(1));
    gone.ended = true;
    if (invocation.body == "bad") co_return Result<Reply>(fail(ErrorCode::AppError, "bad"));
    co_return Reply{.body = std::to_string(run)};
  }
  Result<Reply> call_blocking(Invocation&) override { return Reply{}; }
  Result<void> check_health() override { return {}; }
  Result<void> reconfigure(const std::string& config) override {
    return config == "1" ? Result<void>() : fail(ErrorCode::AppError, "not this one");
  }
  int batch_concurrency() const override { return batches; }

  int runs = 0, cancelled = 0, batches = 0;

 private:
  Loop& loop_;
  const std::vector<spec::MethodSpec> methods_{{.name = "get", .idempotent = true}, {.name = "put"}};
};

class SharedAnswersTest : public ReplicaTest<Counting> {
 protected:
  void start(ResponseCacheConfig cache = {}) {
    options.config.response_cache = cache;
    ReplicaTest::start();
  }
  std::unique_ptr<Counting> make_object() override { return std::make_unique<Counting>(loop); }

  std::unique_ptr<net::ClientCall> call(const std::string& body, net::Headers headers = {},
                                        const std::string& path = "/get") {
    return ReplicaTest::call(path, std::move(headers), body);
  }
  static std::string told(net::ClientCall& call) {
    return std::string(call.headers().get(net::wire::kCache).value_or("-")) + " " + call.body();
  }
  void tell(const spec::RunningSettings& settings) {
    call(*detail::to_json(settings), {}, std::string(spec::kSettingsPath));
    advance(milliseconds(1));
  }
  std::int64_t ongoing() const { return server->state().ongoing; }
};

TEST_F(SharedAnswersTest, AnAnswerIsGivenAgainUntilItsTime) {
  start({.ttl_s = 10});
  auto first = call("a");
  advance(seconds(1));
  EXPECT_EQ(told(*first), "miss 1");
  EXPECT_EQ(told(*call("a")), "hit 1");
  auto other = call("b");
  advance(seconds(10));
  EXPECT_EQ(told(*other), "miss 2");
  auto late = call("a");
  advance(seconds(1));
  EXPECT_EQ(told(*late), "miss 3");
  const std::string text = metrics.text();
  EXPECT_NE(text.find(R"(result="hit")"), std::string::npos);
  EXPECT_NE(text.find(R"(result="miss"} 3)"), std::string::npos) << text;
}

TEST_F(SharedAnswersTest, EqualRequestsThatMeetRunOnceWhateverTheLimit) {
  options.config.max_ongoing_requests = 1;
  start();
  std::vector<std::unique_ptr<net::ClientCall>> calls;
  for (int i = 0; i < 100; ++i) calls.push_back(call("a"));
  EXPECT_EQ(ongoing(), 1);
  advance(seconds(1));
  EXPECT_EQ(object->runs, 1);
  EXPECT_EQ(told(*calls.front()), "miss 1");
  for (std::size_t i = 1; i < calls.size(); ++i) EXPECT_EQ(told(*calls[i]), "joined 1");
  EXPECT_EQ(ongoing(), 0);
}

TEST_F(SharedAnswersTest, EachWaiterHasItsOwnEnd) {
  start();
  auto first = call("a", {{net::wire::kTimeoutMs, "200"}, {net::wire::kRequestId, "r1"}});
  auto second = call("a", {{net::wire::kTimeoutMs, "2000"}});
  auto third = call("a");
  third.reset();
  advance(milliseconds(200));
  EXPECT_EQ(first->status(), 408);
  EXPECT_NE(first->body().find("r1"), std::string::npos);
  EXPECT_EQ(object->cancelled, 0) << "one still waits";
  advance(seconds(1));
  EXPECT_EQ(told(*second), "joined 1");
  EXPECT_EQ(object->runs, 1);
}

TEST_F(SharedAnswersTest, TheRunIsCancelledWhenTheLastWaiterGoes) {
  start();
  auto first = call("a");
  auto second = call("a", {{net::wire::kTimeoutMs, "500"}});
  first.reset();
  advance(milliseconds(499));
  EXPECT_EQ(object->cancelled, 0);
  advance(milliseconds(1));
  EXPECT_EQ(second->status(), 408);
  EXPECT_EQ(object->cancelled, 1);
  EXPECT_EQ(ongoing(), 0);
  auto again = call("a");
  advance(seconds(1));
  EXPECT_EQ(told(*again), "miss 2") << "nobody joins what was cancelled";
}

TEST_F(SharedAnswersTest, ErrorsReachAllThatWaitAndAreNotKept) {
  start();
  auto first = call("bad", {{net::wire::kRequestId, "r1"}});
  auto second = call("bad", {{net::wire::kRequestId, "r2"}});
  advance(seconds(1));
  EXPECT_EQ(first->status(), 500);
  EXPECT_EQ(detail::from_json<spec::ErrorReply>(second->body())->error.request_id, "r2");
  auto again = call("bad");
  advance(seconds(1));
  EXPECT_EQ(object->runs, 2);
}

TEST_F(SharedAnswersTest, TheClientMayAskForAFreshAnswerOrForNoneToBeKept) {
  start();
  auto first = call("a");
  advance(seconds(1));
  auto fresh = call("a", {{"cache-control", "no-cache"}});
  advance(seconds(1));
  EXPECT_EQ(told(*fresh), "miss 2");
  EXPECT_EQ(told(*call("a")), "hit 2");
  auto untracked = call("a", {{"cache-control", "no-store"}});
  advance(seconds(1));
  EXPECT_EQ(told(*untracked), "- 3");
  EXPECT_EQ(told(*call("a")), "hit 2");
}

TEST_F(SharedAnswersTest, MethodsThatAreNotIdempotentAndTenantsAreKeptApart) {
  start();
  auto one = call("a", {{net::wire::kTenant, "one"}});
  auto two = call("a", {{net::wire::kTenant, "two"}});
  auto put = call("a", {}, "/put");
  auto put_again = call("a", {}, "/put");
  advance(seconds(1));
  EXPECT_EQ(object->runs, 4);
  EXPECT_EQ(told(*put), "- 3");
  EXPECT_EQ(told(*call("a", {{net::wire::kTenant, "two"}})), "hit 2");
}

TEST_F(SharedAnswersTest, AnotherUserConfigEmptiesItAndRunsUnderWayAreNotKept) {
  start();
  auto kept = call("a");
  advance(seconds(1));
  auto running = call("b");
  spec::RunningSettings settings = spec::running_settings(options.config);
  settings.user_config = "2";
  tell(settings);
  EXPECT_EQ(told(*call("a")), "hit 1") << "reconfigure() refused: nothing has changed";
  settings.user_config = "1";
  tell(settings);
  auto joins_not = call("b");
  advance(seconds(1));
  EXPECT_EQ(told(*running), "miss 2");
  EXPECT_EQ(told(*joins_not), "miss 3");
  EXPECT_EQ(told(*call("b")), "hit 3");
  auto again = call("a");
  advance(seconds(1));
  EXPECT_EQ(told(*again), "miss 4");
}

TEST_F(SharedAnswersTest, WithoutTimeToLiveOnlyWhatMeetsIsShared) {
  start({.ttl_s = 0});
  auto first = call("a");
  auto second = call("a");
  advance(seconds(1));
  EXPECT_EQ(told(*second), "joined 1");
  auto third = call("a");
  advance(seconds(1));
  EXPECT_EQ(told(*third), "miss 2");
}

TEST_F(SharedAnswersTest, WithoutSingleFlightAnswersAreOnlyKept) {
  start({.single_flight = false});
  auto first = call("a");
  auto second = call("a");
  advance(seconds(1));
  EXPECT_EQ(object->runs, 2);
  EXPECT_EQ(told(*call("a")), "hit 2");
}

TEST_F(SharedAnswersTest, SettingsTurnItOffAndOn) {
  start();
  auto first = call("a");
  advance(seconds(1));
  spec::RunningSettings settings = spec::running_settings(options.config);
  settings.response_cache.reset();
  tell(settings);
  auto second = call("a");
  advance(seconds(1));
  EXPECT_EQ(told(*second), "- 2");
  settings.response_cache = ResponseCacheConfig{};
  tell(settings);
  auto third = call("a");
  advance(seconds(1));
  EXPECT_EQ(told(*third), "miss 3") << "what was kept before it was turned off is gone";
}

TEST_F(SharedAnswersTest, PlacesFollowTheBatchesUnlessTheyWereGiven) {
  start();
  object->batches = 8;
  std::vector<std::unique_ptr<net::ClientCall>> calls;
  for (int i = 0; i < 9; ++i) calls.push_back(call(std::to_string(i), {}, "/put"));
  EXPECT_EQ(ongoing(), 8);
  EXPECT_EQ(server->state().max_ongoing_requests, 8);
  spec::RunningSettings settings = spec::running_settings(options.config);
  settings.raise_for_batches = false;
  tell(settings);
  EXPECT_EQ(server->state().max_ongoing_requests, 0);
  advance(seconds(2));
  for (int i = 0; i < 9; ++i) calls.push_back(call(std::to_string(i), {}, "/put"));
  EXPECT_EQ(ongoing(), 5);
}

}  // namespace
}  // namespace manta::replica
