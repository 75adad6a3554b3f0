// Calls of methods, and what a replica refuses.

#include "net/wire.h"
#include "unit/replica/replica_fixture.h"

namespace manta::replica {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST_F(ReplicaServerTest, AnswersCoroutineAndPlainMethods) {
  start();
  const auto echo = call("/echo", {}, "[1]");
  EXPECT_EQ(echo->status(), 200);
  EXPECT_EQ(echo->body(), "[1]");
  EXPECT_EQ(echo->headers().get("content-type"), net::wire::kJson);
  EXPECT_EQ(echo->headers().get(net::wire::kQueue), "0");
  EXPECT_EQ(call("/plain", {}, "[1]")->body(), "plain [1]");
  EXPECT_EQ(server->state().completed, 2u);
}

TEST_F(ReplicaServerTest, AnswersInTheFormatOfTheRequest) {
  start();
  EXPECT_EQ(call("/echo", {{"content-type", net::wire::kMsgPack}})->headers().get("content-type"), net::wire::kMsgPack);
}

TEST_F(ReplicaServerTest, GivesTheRequestsContextToTheMethod) {
  start();
  EXPECT_EQ(call("/id", {{net::wire::kRequestId, "r9"}})->body(), "r9");
}

TEST_F(ReplicaServerTest, RawMethodsSeeTheOriginalRequest) {
  start();
  const auto raw = call("/v1/things?x=1", {{net::wire::kMethod, "raw"}});
  EXPECT_EQ(raw->status(), 201);
  EXPECT_EQ(raw->body(), "/v1/things?x=1");
}

TEST_F(ReplicaServerTest, TypedMethodsSeeTheQueryOfARequestWithoutABody) {
  start();
  EXPECT_EQ(call("/echo?x=1", {}, "")->body(), "/echo?x=1");
  EXPECT_EQ(call("/echo?x=1", {}, "[1]")->body(), "[1]");
}

TEST_F(ReplicaServerTest, UserExceptionsBecomeTypedErrors) {
  start();
  const auto bad = call("/bad", {{net::wire::kRequestId, "r1"}});
  EXPECT_EQ(bad->status(), 400);
  EXPECT_EQ(bad->headers().get(net::wire::kError), "InvalidArgument");
  EXPECT_EQ(error_in(*bad).detail, "$.x");
  EXPECT_EQ(error_in(*bad).request_id, "r1");
  const auto throws = call("/throws");
  EXPECT_EQ(throws->status(), 500);
  EXPECT_EQ(error_in(*throws).type, "AppError");
  EXPECT_EQ(error_in(*throws).message, "oops");
}

TEST_F(ReplicaServerTest, AnUnknownMethodIsRefusedAsNeverStarted) {
  start();
  const auto unknown = call("/nothing");
  EXPECT_EQ(unknown->status(), 404);
  EXPECT_EQ(unknown->headers().get(net::wire::kRefused), "no-method");
}

TEST_F(ReplicaServerTest, RefusesWithItsLengthBeyondMaxOngoingRequestsAndGrantsTheFreedPlace) {
  options.config.max_ongoing_requests = 1;
  start();
  const auto slots = call("/-/slots");
  const auto first = call("/sleep");
  const auto second = call("/sleep");
  EXPECT_EQ(second->status(), 503);
  EXPECT_EQ(second->headers().get(net::wire::kRefused), "full");
  EXPECT_EQ(second->headers().get(net::wire::kQueue), "1");
  EXPECT_EQ(server->waiters(), 1u);
  advance(seconds(1));
  EXPECT_EQ(first->body(), "slept");
  EXPECT_NE(slots->body().find(R"("grant":1)"), std::string::npos);
  advance(milliseconds(10));  // it lapses unused
  EXPECT_EQ(server->waiters(), 0u);
}

TEST_F(ReplicaServerTest, TheDeadlineEndsARunningMethod) {
  start();
  const auto late = call("/sleep", {{net::wire::kTimeoutMs, "100"}});
  advance(milliseconds(99));
  EXPECT_EQ(server->state().ongoing, 1);
  advance(milliseconds(1));
  EXPECT_EQ(late->status(), 408);
  EXPECT_EQ(server->state().ongoing, 0);
}

TEST_F(ReplicaServerTest, ACallerThatCancelsFreesThePlace) {
  start();
  auto cancelled = call("/sleep");
  EXPECT_EQ(server->state().ongoing, 1);
  cancelled.reset();
  loop.poll();
  EXPECT_EQ(server->state().ongoing, 0);
}

}  // namespace
}  // namespace manta::replica
