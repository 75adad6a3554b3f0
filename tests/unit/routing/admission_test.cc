#include "fixture.h"

namespace manta::routing {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class AdmissionTest : public RoutingFixture {
 protected:
  std::shared_ptr<Sent> send_for(const std::string& body, const std::string& tenant, int priority = 0) {
    Outbound request = post("m", body);
    request.context->tenant = tenant;
    request.context->priority = priority;
    return send(std::move(request));
  }
  // Answers one after the other; the bodies in the order in which the replica got them.
  std::string serve_all(const std::string& id) {
    std::string order;
    for (std::size_t i = 0; i < replica(id).requests.size(); ++i) {
      order += replica(id).requests[i]->request().body;
      respond(replica(id).requests[i], {});
    }
    return order;
  }
  static const Error& error_of(const std::shared_ptr<Sent>& sent) { return sent->result->error(); }
  bool waits(const std::shared_ptr<Sent>& sent) const { return !sent->result; }
};

TEST_F(AdmissionTest, WaitingRequestsGoByPriorityThenByTenantThenByAge) {
  max_ongoing = 1;
  publish({"a"});
  send_for("0", "");
  for (const char* body : {"1", "2", "3"}) send_for(body, "greedy");
  send_for("4", "modest");
  send_for("5", "modest", 10);
  send_for("6", "greedy", -1);
  EXPECT_EQ(serve_all("a"), "0514236");
}

TEST_F(AdmissionTest, AFullQueueTurnsAwayTheLessImportantRequest) {
  max_ongoing = 1;
  set.max_queued_requests = 1;
  publish({"a"});
  send_for("running", "");
  const auto low = send_for("low", "", 0);
  const auto high = send_for("high", "", 5);
  EXPECT_EQ(error_of(low).code, ErrorCode::Overloaded);
  EXPECT_GE(error_of(low).retry_after_s, 1);
  EXPECT_TRUE(waits(high));
  EXPECT_EQ(error_of(send_for("another", "", 5)).code, ErrorCode::Overloaded);
  EXPECT_TRUE(waits(high));
  EXPECT_EQ(count->value(), 1);
}

TEST_F(AdmissionTest, TheBodiesOfWaitingRequestsAreBoundedTogether) {
  max_ongoing = 1;
  set.admission.max_queued_bytes = 10;
  publish({"a"});
  send_for("running, however long it is", "");
  const auto six = send_for("666666", "");
  EXPECT_EQ(error_of(send_for("55555", "")).code, ErrorCode::Overloaded);
  const auto four = send_for("4444", "");
  EXPECT_TRUE(waits(six) && waits(four));
  EXPECT_EQ(count->bytes(), 10);
  const auto important = send_for("6 more", "", 1);
  EXPECT_EQ(error_of(important).code, ErrorCode::Overloaded) << "the youngest of lower priority is too small";
  scope.cancel(six->task);
  loop.poll();
  EXPECT_EQ(count->bytes(), 4);
  serve_all("a");
  EXPECT_EQ(count->bytes(), 0);
  EXPECT_EQ(count->value(), 0);
}

TEST_F(AdmissionTest, ARequestMayBeTooOldToWaitOn) {
  max_ongoing = 1;
  set.admission.max_queue_age_s = 2;
  set.backpressure_status_code = 429;
  publish({"a"});
  send_for("running", "");
  const auto sent = send_for("m", "");
  advance(milliseconds(1999));
  EXPECT_TRUE(waits(sent));
  advance(milliseconds(1));
  EXPECT_EQ(error_of(sent).code, ErrorCode::Overloaded);
  EXPECT_EQ(http_status(error_of(sent)), 429);
}

TEST_F(AdmissionTest, TheAgeOfARequestIsAllItsWaiting) {
  set.admission.max_queue_age_s = 2;
  publish({});
  const auto sent = send_for("m", "");
  advance(milliseconds(1500));
  publish({"a"});
  advance(seconds(5));  // it runs: that is no waiting
  respond(replica("a").requests.at(0), refusal("draining"));
  advance(milliseconds(499));
  EXPECT_TRUE(waits(sent));
  advance(milliseconds(1));
  EXPECT_EQ(error_of(sent).code, ErrorCode::Overloaded);
}

TEST_F(AdmissionTest, NewLimitsHoldForThoseThatWaitAndLoseNone) {
  publish({});
  const auto sent = send_for("m", "");
  set.admission.max_queue_age_s = 3;
  set.router.request_router_class = "round_robin";
  publish({});
  advance(milliseconds(2999));
  EXPECT_TRUE(waits(sent));
  set.admission = {};
  publish({});
  advance(seconds(60));
  EXPECT_TRUE(waits(sent));
  publish({"a"});
  EXPECT_EQ(replica("a").requests.size(), 1U);
}

TEST_F(AdmissionTest, MoreThanTheRateIs429WithTheTimeUntilTheNext) {
  set.admission = {.requests_per_s = 0.5, .burst = 2};
  publish({"a"});
  for (int i = 0; i < 2; ++i) EXPECT_TRUE(waits(send_for("m", "")));
  const auto refused = send_for("m", "");
  EXPECT_EQ(error_of(refused).code, ErrorCode::Overloaded);
  EXPECT_EQ(http_status(error_of(refused)), 429);
  EXPECT_NEAR(error_of(refused).retry_after_s, 2, 0.01);
  advance(milliseconds(2001));
  EXPECT_TRUE(waits(send_for("m", "")));
  EXPECT_NE(metrics.text().find("reason=\"rate\""), std::string::npos);
}

TEST_F(AdmissionTest, ATenantBeyondItsRateDoesNotStopTheOthers) {
  set.admission.tenant_requests_per_s = 1;
  publish({"a"});
  send_for("m", "a");
  EXPECT_EQ(http_status(error_of(send_for("m", "a"))), 429);
  EXPECT_TRUE(waits(send_for("m", "b")));
}

TEST_F(AdmissionTest, ARequestThatIsSentAgainCostsNoSecondToken) {
  set.admission = {.requests_per_s = 0.001, .burst = 1};
  publish({"a"});
  const auto sent = send_for("m", "");
  publish({"a", "b"});
  respond(replica("a").requests.at(0), refusal("draining"));
  EXPECT_EQ(replica("b").requests.size(), 1U);
  EXPECT_TRUE(waits(sent));
}

TEST_F(AdmissionTest, ARequestWhoseTimeIsHopelesslyShortIsToldAtOnce) {
  max_ongoing = 1;
  publish({"a"});
  replica("a").on_request = [this](net::ExchangePtr exchange) {
    std::shared_ptr<net::Exchange> shared = std::move(exchange);
    loop.after(milliseconds(100), [shared] { shared->respond({}); });
  };
  for (int i = 0; i < 300; ++i) send_for("m", "");
  advance(seconds(11));  // ten a second; about 190 are left
  const auto with_deadline = [&](Duration left, int priority) {
    Outbound request = post("m");
    request.context->deadline = clock.now() + left;
    request.context->priority = priority;
    return send(std::move(request));
  };
  EXPECT_TRUE(waits(with_deadline(seconds(10), 0)));
  EXPECT_EQ(error_of(with_deadline(seconds(2), 0)).code, ErrorCode::DeadlineExceeded);
  EXPECT_TRUE(waits(with_deadline(seconds(2), 1))) << "it goes before the others";
}

TEST_F(AdmissionTest, ACallMayBringItsOwnPolicy) {
  publish({"a", "b", "c"});
  Outbound request = post("m");
  request.policy = "round_robin";
  for (int i = 0; i < 6; ++i) send(request);
  for (const char* id : {"a", "b", "c"}) EXPECT_EQ(replica(id).requests.size(), 2U);
  request.policy = "round_robbin";
  const Error error = error_of(send(std::move(request)));
  EXPECT_EQ(error.code, ErrorCode::InvalidArgument);
  EXPECT_NE(error.message.find("did you mean 'round_robin'"), std::string::npos) << error.message;
}

TEST_F(AdmissionTest, ThePolicyCanBeChangedWhileItRuns) {
  publish({"a", "b", "c"});
  set.router.request_router_class = "consistent_hash";
  publish({"a", "b", "c"});
  for (int i = 0; i < 4; ++i) {
    Outbound request = post("m");
    request.context->session_id = "s";
    send(std::move(request));
    for (const char* id : {"a", "b", "c"})
      if (!replica(id).requests.empty()) respond(replica(id).requests.back(), {});
  }
  std::multiset<std::size_t> sizes;
  for (const char* id : {"a", "b", "c"}) sizes.insert(replica(id).requests.size());
  EXPECT_EQ(sizes, (std::multiset<std::size_t>{0, 0, 4}));
}

class BreakerRouterTest : public AdmissionTest {
 protected:
  void SetUp() override {
    set.circuit_breaker = {.failure_threshold = 3, .window_s = 10, .open_s = 5, .success_threshold = 2};
    replica("bad").on_request = [this](const net::ExchangePtr& exchange) {
      ++asked;
      exchange->respond({.status = status});
    };
    replica("good").on_request = [](const net::ExchangePtr& exchange) { exchange->respond({}); };
    publish({"bad", "good"});
  }
  void send_many(int count) {
    for (int i = 0; i < count; ++i) send_for("m", "");
  }
  bool metric(const std::string& line) { return metrics.text().find(line) != std::string::npos; }

  int status = 500;
  int asked = 0;
};

TEST_F(BreakerRouterTest, KeepsAwayFromAReplicaThatFailsProbesItAndComesBack) {
  send_many(50);
  EXPECT_EQ(asked, 3);
  EXPECT_TRUE(metric("manta_router_open_breakers{application=\"app\",deployment=\"D\",handle=\"test\"} 1"));
  advance(seconds(5));
  send_many(50);
  EXPECT_EQ(asked, 4) << "one probe, which failed";
  status = 200;
  advance(seconds(5));
  send_many(50);
  EXPECT_GT(asked, 15) << "two probes closed it";
  EXPECT_TRUE(metric("manta_router_open_breakers{application=\"app\",deployment=\"D\",handle=\"test\"} 0"));
}

TEST_F(BreakerRouterTest, AClientsFaultsAndBusyAnswersOpenNothing) {
  for (const int harmless : {400, 404, 422, 429, 503}) {
    status = harmless;
    send_many(40);
  }
  EXPECT_GT(asked, 50);
}

TEST_F(BreakerRouterTest, DeadlinesShorterThanAnswersTakeOpenNothing) {
  const std::string one_open = "manta_router_open_breakers{application=\"app\",deployment=\"D\",handle=\"test\"} 1";
  std::vector<net::ExchangePtr> held;
  for (const char* id : {"bad", "good"})
    replica(id).on_request = [&held](const net::ExchangePtr& exchange) { held.push_back(exchange); };
  const auto ask = [&](Duration allowed, Duration pause, int count) {
    for (int i = 0; i < count; ++i) {
      Outbound request = post("m");
      request.context->deadline = clock.now() + allowed;
      send(std::move(request));
      advance(pause);
      for (const net::ExchangePtr& exchange : held) exchange->respond({});
      held.clear();
      loop.poll();
    }
  };
  ask(seconds(1), std::chrono::milliseconds(100), 20);
  ask(std::chrono::milliseconds(20), std::chrono::milliseconds(30), 20);
  EXPECT_FALSE(metric(one_open)) << "nobody answers within 20 ms here";
  ask(std::chrono::milliseconds(200), std::chrono::milliseconds(300), 20);
  EXPECT_TRUE(metric(one_open));
}

TEST_F(BreakerRouterTest, TheLastReplicasStayInUse) {
  replica("good").on_request = [](const net::ExchangePtr& exchange) { exchange->respond({.status = 500}); };
  send_many(50);
  const auto sent = send_for("m", "");
  EXPECT_TRUE(sent->result && *sent->result) << "one of two may be open, not both";
  publish({"bad"});
  publish({"bad", "good"});
}

TEST_F(BreakerRouterTest, WhenTheOthersGoTheLastOneIsUsedAgain) {
  send_many(50);
  EXPECT_EQ(asked, 3);
  publish({"bad"});
  send_many(5);
  EXPECT_EQ(asked, 8);
  publish({});
  EXPECT_TRUE(metric("manta_router_open_breakers{application=\"app\",deployment=\"D\",handle=\"test\"} 0"));
}

TEST_F(BreakerRouterTest, SwitchedOffItIsClosed) {
  send_many(50);
  set.circuit_breaker.failure_threshold = 0;
  publish({"bad", "good"});
  send_many(50);
  EXPECT_GT(asked, 10);
}

TEST_F(BreakerRouterTest, DeadlinesThatRunOutAtAReplicaAreFailures) {
  std::vector<net::ExchangePtr> kept;
  replica("bad").on_request = [&](net::ExchangePtr exchange) { kept.push_back(std::move(exchange)); };
  const auto send_with_deadline = [&] {
    Outbound request = post("m");
    request.context->deadline = clock.now() + milliseconds(10);
    send(std::move(request));
    advance(milliseconds(10));
  };
  for (int i = 0; i < 100; ++i) send_with_deadline();
  EXPECT_EQ(kept.size(), 3U);
  kept.clear();
}

TEST_F(BreakerRouterTest, AProbeThatIsCancelledLetsTheNextOneThrough) {
  send_many(50);
  std::vector<net::ExchangePtr> kept;
  replica("bad").on_request = [&](net::ExchangePtr exchange) { kept.push_back(std::move(exchange)); };
  advance(seconds(5));
  std::shared_ptr<Sent> probe;
  for (int i = 0; i < 20 && kept.empty(); ++i) probe = send_for("m", "");
  ASSERT_EQ(kept.size(), 1U);
  send_many(20);
  EXPECT_EQ(kept.size(), 1U) << "one at a time";
  scope.cancel(probe->task);
  loop.poll();
  for (int i = 0; i < 20 && kept.size() == 1; ++i) send_for("m", "");
  EXPECT_EQ(kept.size(), 2U);
  kept.clear();
}

}  // namespace
}  // namespace manta::routing
