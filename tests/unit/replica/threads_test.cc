// A replica with real compute threads: what crosses between them and the loop.
#include <sys/socket.h>

#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <thread>

#include "net/channel.h"
#include "net/wire.h"
#include "replica/compute_pool.h"
#include "replica/replica_server.h"

namespace manta::replica {
namespace {

// "count" writes its body, a number, as that many items; "until_cancelled" works until it is told to stop.
class BlockingServable final : public Servable {
 public:
  explicit BlockingServable(std::atomic<int>& cancelled_writes) : cancelled_writes_(cancelled_writes) {}
  const std::vector<spec::MethodSpec>& methods() const override { return methods_; }
  bool is_coroutine(std::string_view) const override { return false; }
  Task<Result<Reply>> call(Invocation&) override { co_return Reply{}; }
  Result<Reply> call_blocking(Invocation& invocation) override {
    if (invocation.method->name == "until_cancelled") {
      while (!detail::current_request()->cancelled.load()) std::this_thread::yield();
      return Reply{};
    }
    const int count = std::stoi(invocation.body);
    for (int i = 0; i < count; ++i) {
      const auto written = invocation.items->write_blocking(std::string(99, 'x'));
      if (written) continue;
      ++cancelled_writes_;
      return std::unexpected(written.error());
    }
    return Reply{};
  }
  Result<void> check_health() override { return {}; }
  Result<void> reconfigure(const std::string&) override { return {}; }

 private:
  std::atomic<int>& cancelled_writes_;
  const std::vector<spec::MethodSpec> methods_{{.name = "count", .streams = true}, {.name = "until_cancelled"}};
};

class ReplicaThreadsTest : public testing::Test {
 protected:
  ReplicaThreadsTest() {
    server.start();
    int fds[2];
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds) != 0) std::abort();
    server.accept(fds[1]);
    channel = std::make_unique<net::Channel>(loop, fds[0], net::ChannelOptions{}, budget);
    poll_until([&] { return server.state().state == "RUNNING"; });
  }
  ~ReplicaThreadsTest() override { compute.stop(); }

  template <class Condition>
  void poll_until(Condition condition) {
    while (!condition()) loop.poll();
  }
  std::unique_ptr<net::ClientCall> call(const std::string& path, const std::string& body) {
    const net::Headers headers;
    return channel->start(
        {.path = path, .headers = &headers, .body = std::make_shared<const std::string>(body), .window = 32 << 10},
        [] {});
  }

  VirtualClock clock;
  Loop loop{clock};
  ComputePool compute{{.threads = 4}};
  Metrics metrics;
  Logger logger{{.component = "test", .level = static_cast<LogLevel>(99), .async = false}};
  net::ReceiveBudget budget;
  std::atomic<int> cancelled_writes = 0;
  ReplicaServer server{
      loop,
      compute,
      metrics,
      logger,
      budget,
      {.application = "app", .deployment = "D", .id = "1"},
      [this]() -> Result<std::unique_ptr<Servable>> { return std::make_unique<BlockingServable>(cancelled_writes); }};
  std::unique_ptr<net::Channel> channel;
};

TEST_F(ReplicaThreadsTest, StreamsWrittenByThreadsArriveWholeAndSideBySide) {
  std::vector<std::unique_ptr<net::ClientCall>> calls;
  std::vector<std::size_t> bytes(4);
  for (int i = 0; i < 4; ++i) calls.push_back(call("/count", "5000"));
  poll_until([&] {
    bool all_ended = true;
    for (std::size_t i = 0; i < calls.size(); ++i) {
      bytes[i] += calls[i]->take().size();
      all_ended = all_ended && calls[i]->ended();
    }
    return all_ended;
  });
  for (std::size_t i = 0; i < calls.size(); ++i) EXPECT_EQ(bytes[i] + calls[i]->take().size(), 500'000u);
  EXPECT_EQ(server.state().ongoing, 0);
}

TEST_F(ReplicaThreadsTest, AReaderThatStopsHoldsTheWriterAndGoingAwayFreesIt) {
  auto slow = call("/count", "100000");
  poll_until([&] { return slow->body().size() >= (30 << 10); });
  for (int i = 0; i < 1000; ++i) loop.poll();
  EXPECT_LT(slow->body().size(), 200'000u);
  slow.reset();
  poll_until([&] { return server.state().ongoing == 0; });
  EXPECT_EQ(cancelled_writes, 1);
}

TEST_F(ReplicaThreadsTest, PlainCodeKeepsItsPlaceUntilItReturnsAfterItsCallerHasGone) {
  auto gone = call("/until_cancelled", "");
  poll_until([&] { return server.state().ongoing == 1 && compute.queued() == 0; });
  gone.reset();
  poll_until([&] { return server.state().ongoing == 0; });
  EXPECT_EQ(server.state().abandoned, 0);
  EXPECT_NE(metrics.text().find("manta_replica_abandoned{"), std::string::npos);
}

}  // namespace
}  // namespace manta::replica
