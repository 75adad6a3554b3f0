// Calls from the replica's own process. What they share with those over connections is in TogetherTest.
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "replica/direct_call.h"
#include "unit/replica/replica_fixture.h"

namespace manta::replica {
namespace {

class DirectCallTest : public ReplicaServerTest, public DirectCaller {
 protected:
  void make(DirectCall& call, std::string method, Duration given) {
    call.caller = caller;
    call.made_at = clock.now();
    call.method = std::move(method);
    call.context = std::make_shared<RequestContext>();
    call.context->deadline = clock.now() + given;
    call.made_by = this;
    server->call(call);
  }
  void attach() {
    start();
    caller = server->attach({.running = [](bool) {}, .notice = [](const spec::SlotNotice&) {}});
  }

  void ended(Result<Reply>&& reply, const DirectEnd&) override { end = std::move(reply); }

  ConnectionId caller = 0;
  std::optional<Result<Reply>> end;
};

TEST_F(DirectCallTest, OneThatDoesNotSuspendEndsWithinTheCallAndLeavesNothingInTheLoop) {
  attach();
  const auto deadline_before = loop.next_deadline();
  DirectCall call;
  make(call, "id", std::chrono::seconds(1));
  ASSERT_TRUE(end);
  EXPECT_TRUE(*end);
  EXPECT_EQ(loop.next_deadline(), deadline_before);
  EXPECT_EQ(loop.poll(), 0u);
}

TEST_F(DirectCallTest, OneThatSuspendsEndsAtItsDeadline) {
  attach();
  DirectCall call;
  make(call, "sleep", std::chrono::milliseconds(10));
  EXPECT_FALSE(end);
  advance(std::chrono::milliseconds(10));
  ASSERT_TRUE(end);
  ASSERT_FALSE(*end);
  EXPECT_EQ(end->error().code, ErrorCode::DeadlineExceeded);
  EXPECT_EQ(server->state().ongoing, 0);
}

TEST_F(DirectCallTest, OneThatIsGivenUpEndsOnTheReplicaAndTellsNobody) {
  attach();
  {
    DirectCall call;
    make(call, "sleep", std::chrono::hours(1));
    EXPECT_EQ(server->state().ongoing, 1);
  }
  loop.poll();
  EXPECT_EQ(server->state().ongoing, 0);
  EXPECT_FALSE(end);
}

}  // namespace
}  // namespace manta::replica
