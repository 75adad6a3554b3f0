#include "routing/dispatcher.h"

#include "fixture.h"

namespace manta::routing {
namespace {

using std::chrono::milliseconds;

class DispatcherTest : public RoutingFixture {
 protected:
  // Replicas that answer with their id.
  void answering(const std::string& id) {
    replica(id).on_request = [id](const net::ExchangePtr& exchange) { exchange->respond({.body = id}); };
  }
};

TEST_F(DispatcherTest, SendsWhatTravelsWithTheRequest) {
  publish({"a"});
  Outbound request = post("m");
  request.headers.add("content-type", "application/json");
  request.context->request_id = "r1";
  request.context->session_id = "s1";
  request.context->deadline = clock.now() + milliseconds(100);
  send(std::move(request));
  const net::Headers& headers = replica("a").requests.at(0)->request().headers;
  EXPECT_EQ(headers.get("content-type"), "application/json");
  EXPECT_EQ(headers.get(net::wire::kRequestId), "r1");
  EXPECT_EQ(headers.get(net::wire::kSessionId), "s1");
  EXPECT_EQ(headers.get(net::wire::kTimeoutMs), "112");
}

TEST_F(DispatcherTest, GoesElsewhereWhenAReplicaRefuses) {
  answering("b");
  publish({"a"});
  const auto sent = send(post("m"));
  publish({"a", "b"});
  respond(replica("a").requests.at(0), refusal("draining"));
  ASSERT_TRUE(sent->result && *sent->result);
  EXPECT_EQ((*sent->result)->body, "b");
}

TEST_F(DispatcherTest, AMethodThatNoReplicaKnowsIsNotFound) {
  for (const char* id : {"a", "b"})
    replica(id).on_request = [](const net::ExchangePtr& exchange) { exchange->respond(refusal("no-method")); };
  publish({"a", "b"});
  const auto sent = send(post("m"));
  ASSERT_TRUE(sent->result);
  EXPECT_EQ(sent->result->error().code, ErrorCode::NotFound);
}

TEST_F(DispatcherTest, AMethodUnknownDuringARolloutGoesToAnotherReplica) {
  replica("old").on_request = [](const net::ExchangePtr& exchange) { exchange->respond(refusal("no-method")); };
  answering("new");
  publish({"old", "new"});
  for (int i = 0; i < 10; ++i) EXPECT_EQ((*send(post("m"))->result)->body, "new");
}

TEST_F(DispatcherTest, ALostRequestThatMayHaveRunIsNotSentAgain) {
  answering("b");
  publish({"a"});
  const auto sent = send(post("m"));
  publish({"a", "b"});
  kill("a");
  loop.poll();
  ASSERT_TRUE(sent->result);
  EXPECT_EQ(sent->result->error().code, ErrorCode::ReplicaDied);
  EXPECT_TRUE(sent->result->error().maybe_executed);
}

struct Repeatable {
  std::string name;
  bool marked = false;
  std::string verb = "POST";
  bool key = false;
  std::size_t body = 10;
  bool repeated = true;
};

class RepeatTest : public DispatcherTest, public testing::WithParamInterface<Repeatable> {};

TEST_P(RepeatTest, SendsALostRequestAgainOnlyIfThatIsHarmless) {
  answering("b");
  if (GetParam().marked) set.methods = {{.name = "m", .idempotent = true}};
  publish({"a"});
  Outbound request = post("m", std::string(GetParam().body, 'x'));
  request.verb = GetParam().verb;
  if (GetParam().key) request.headers.add("idempotency-key", "k");
  const auto sent = send(std::move(request));
  for (int i = 0; i < 100 && replica("a").requests.empty(); ++i) loop.poll();
  publish({"a", "b"});
  kill("a");
  loop.poll();
  ASSERT_TRUE(sent->result);
  EXPECT_EQ(sent->result->has_value(), GetParam().repeated);
}

INSTANTIATE_TEST_SUITE_P(
    Rows, RepeatTest,
    testing::Values(Repeatable{.name = "Marked", .marked = true}, Repeatable{.name = "SafeVerb", .verb = "GET"},
                    Repeatable{.name = "Key", .key = true}, Repeatable{.name = "Plain", .repeated = false},
                    Repeatable{.name = "LargeBody", .marked = true, .body = (1 << 20) + 1, .repeated = false}),
    [](const auto& row) { return row.param.name; });

TEST_F(DispatcherTest, SendsALostRequestAgainOnlyOnce) {
  set.methods = {{.name = "m", .idempotent = true}};
  publish({"a"});
  const auto sent = send(post("m"));
  publish({"a", "b"});
  kill("a");
  loop.poll();
  ASSERT_EQ(replica("b").requests.size(), 1u);
  kill("b");
  loop.poll();
  ASSERT_TRUE(sent->result);
  EXPECT_EQ(sent->result->error().code, ErrorCode::ReplicaDied);
}

TEST_F(DispatcherTest, SendsAgainOnlyAsOftenAsItsBudgetAllows) {
  dispatch_options = {.retry_ratio = 0.25, .retry_burst = 2};
  set.methods = {{.name = "m", .idempotent = true}};
  answering("good");
  const auto lost_and_saved = [&](const std::string& id) {  // one request on a replica that dies under it
    publish({id});
    const auto sent = send(post("m"));
    publish({id, "good"});
    kill(id);
    loop.poll();
    return (*sent->result).has_value();
  };
  std::string saved;
  for (int i = 0; i < 11; ++i) saved += lost_and_saved(std::to_string(i)) ? '1' : '0';
  EXPECT_EQ(saved, "11001000100") << "two at once, then one for every four requests";
  EXPECT_NE(metrics.text().find("manta_router_retry_budget_spent{"), std::string::npos);
}

TEST_F(DispatcherTest, AnAnswerThatBreaksOffIsNotSentAgain) {
  set.methods = {{.name = "m", .idempotent = true}};
  publish({"a"});
  const auto sent = send(post("m"));
  replica("a").requests[0]->start(200, {});
  replica("a").requests[0]->write("half");
  loop.poll();
  publish({"a", "b"});
  kill("a");
  loop.poll();
  ASSERT_TRUE(sent->result);
  EXPECT_EQ(sent->result->error().code, ErrorCode::ReplicaDied);
  EXPECT_TRUE(replica("b").requests.empty());
}

TEST_F(DispatcherTest, PassesOnTheTypedErrorOfTheReplica) {
  publish({"a"});
  const auto sent = send(post("m"));
  respond(replica("a").requests.at(0), {.status = 418,
                                        .headers = {{net::wire::kError, "AppError"}},
                                        .body = R"({"error":{"type":"AppError","message":"tea","detail":"$.pot"}})"});
  ASSERT_TRUE(sent->result);
  EXPECT_EQ(sent->result->error(),
            (Error{.code = ErrorCode::AppError, .message = "tea", .detail = "$.pot", .status = 418}));
}

TEST_F(DispatcherTest, AnApplicationsOwnErrorStatusIsAnAnswer) {
  publish({"a"});
  const auto sent = send(post("m"));
  respond(replica("a").requests.at(0), {.status = 500, .body = "mine"});
  ASSERT_TRUE(sent->result && *sent->result);
  EXPECT_EQ((*sent->result)->status, 500);
}

TEST_F(DispatcherTest, CancellingResetsTheCallAndFreesThePlace) {
  publish({"a"});
  const auto sent = send(post("m"));
  bool closed = false;
  replica("a").requests.at(0)->when_closed([&] { closed = true; });
  scope.cancel(sent->task);
  loop.poll();
  EXPECT_TRUE(closed);
  EXPECT_EQ(dispatcher().router().in_flight(), 0u);
}

TEST_F(DispatcherTest, TheDeadlineEndsACallThatIsNotAnswered) {
  publish({"a"});
  Outbound request = post("m");
  request.context->deadline = clock.now() + milliseconds(10);
  const auto sent = send(std::move(request));
  advance(milliseconds(10));
  ASSERT_TRUE(sent->result);
  EXPECT_EQ(sent->result->error().code, ErrorCode::DeadlineExceeded);
  EXPECT_EQ(dispatcher().router().in_flight(), 0u);
}

TEST_F(DispatcherTest, AnItemStreamWithoutStatusWasCut) {
  publish({"a"});
  const auto cut = send(post("m"));
  replica("a").requests.at(0)->start(200, {{"content-type", net::wire::kItems}});
  replica("a").requests.at(0)->finish();
  const auto whole = send(post("m"));
  replica("a").requests.at(1)->start(200, {{"content-type", net::wire::kItems}});
  replica("a").requests.at(1)->finish({{net::wire::kStatus, "ok"}});
  const auto failed = send(post("m"));
  replica("a").requests.at(2)->start(200, {{"content-type", net::wire::kItems}});
  replica("a").requests.at(2)->finish(
      {{net::wire::kStatus, "AppError"}, {net::wire::kErrorJson, R"({"error":{"type":"AppError","message":"no"}})"}});
  loop.poll();
  EXPECT_EQ((*cut->result).error().code, ErrorCode::ReplicaDied);
  EXPECT_TRUE((*whole->result).has_value());
  EXPECT_EQ((*failed->result).error().message, "no");
  EXPECT_EQ((*failed->result).error().status, 0);
  const auto teapot = send(post("m"));
  replica("a").requests.at(3)->start(200, {{"content-type", net::wire::kItems}});
  replica("a").requests.at(3)->finish({{net::wire::kStatus, "AppError"},
                                       {net::wire::kErrorJson, R"({"error":{"type":"AppError","message":"no"}})"},
                                       {net::wire::kErrorStatus, "418"}});
  loop.poll();
  EXPECT_EQ((*teapot->result).error().status, 418);
}

}  // namespace
}  // namespace manta::routing
