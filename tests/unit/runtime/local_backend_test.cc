#include "runtime/local/local_backend.h"

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <manta/detail/json.h>

#include "base/task_scope.h"
#include "net/server.h"

namespace manta::runtime {
namespace {

// An agent that answers when the test says so.
class SlowAgent {
 public:
  explicit SlowAgent(Loop& loop)
      : server_(loop, {.internal = true}, budget_,
                [this](net::ExchangePtr exchange) { asked.push_back(std::move(exchange)); }) {
    std::string name = (std::filesystem::temp_directory_path() / "manta-agent-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
    server_.listen(net::listen_on({address()}).value());
  }
  ~SlowAgent() {
    asked.clear();
    std::filesystem::remove_all(folder_);
  }
  std::string address() const { return "unix:" + folder_ + "/agent.sock"; }

  std::vector<net::ExchangePtr> asked;

 private:
  std::string folder_;
  net::ReceiveBudget budget_;
  net::Server server_;
};

struct Started {
  int well = 0;
  std::string failure;
};

Task<void> start_one(LocalBackend& backend, Started& started) {
  auto starting = backend.start({.id = "app#D#000001"});
  const auto replica = co_await starting;
  if (replica)
    ++started.well;
  else
    started.failure = replica.error().message;
}

void settle(Loop& loop) {
  for (int i = 0; i < 200; ++i) loop.poll();
}

TEST(LocalBackendTest, StartsWaitForTheirTurnSoThatTheLastOfManyIsNotGivenUp) {
  VirtualClock clock;
  Loop loop(clock);
  Logger logger({.component = "test", .level = LogLevel::Critical, .async = false});
  SlowAgent agent(loop);
  LocalBackend backend(loop, logger, agent.address());
  Started started;
  TaskScope scope(loop);
  constexpr int kStarts = 200;
  for (int i = 0; i < kStarts; ++i) scope.spawn(start_one(backend, started));

  while (started.well < kStarts && started.failure.empty()) {
    settle(loop);
    ASSERT_FALSE(agent.asked.empty());
    EXPECT_LE(agent.asked.size(), 16U);
    clock.advance(std::chrono::seconds(4));  // in all far more than the time limit of one
    for (const net::ExchangePtr& exchange : std::exchange(agent.asked, {})) {
      net::Response response;
      response.body = *detail::to_json(ObservedReplica{.id = "app#D#000001", .pid = 7});
      exchange->respond(std::move(response));
    }
    settle(loop);
  }
  EXPECT_EQ(started.well, kStarts) << started.failure;
}

TEST(LocalBackendTest, AStartThatIsGivenUpWhileItWaitsLeavesItsTurnToOthers) {
  VirtualClock clock;
  Loop loop(clock);
  Logger logger({.component = "test", .level = LogLevel::Critical, .async = false});
  SlowAgent agent(loop);
  LocalBackend backend(loop, logger, agent.address());
  Started started;
  TaskScope scope(loop);
  std::vector<TaskScope::Id> ids;
  for (int i = 0; i < 20; ++i) ids.push_back(scope.spawn(start_one(backend, started)));
  settle(loop);
  ASSERT_EQ(agent.asked.size(), 16U);
  scope.cancel(ids[17]);  // waits
  scope.cancel(ids[3]);   // has been asked for
  settle(loop);
  EXPECT_EQ(agent.asked.size(), 17U);
}

}  // namespace
}  // namespace manta::runtime
