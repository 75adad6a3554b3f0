#include "control/event_log.h"

#include <gmock/gmock.h>

#include "control/change_events.h"
#include "control/event_stream.h"
#include "control/query_value.h"
#include "unit/control/controller_fixture.h"

namespace manta::control {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsSupersetOf;

std::vector<std::string> kinds(const std::vector<Event>& events) {
  std::vector<std::string> found;
  for (const Event& event : events) found.push_back(event.kind);
  return found;
}

class EventLogTest : public ControllerTest {
 protected:
  std::vector<Event> events(std::int64_t since = 0) { return controller->events().since(since); }
  std::int64_t last() { return controller->events().last_id(); }
  // Kinds of what is recorded while `act` runs.
  template <class F>
  std::vector<std::string> kinds_of(F act) {
    const std::int64_t before = last();
    act();
    return kinds(events(before));
  }
};

TEST_F(EventLogTest, TellsTheWayOfAReplicaInOrder) {
  const auto seen = kinds_of([this] { run(1); });
  EXPECT_THAT(seen, ElementsAre("deployed", "replica_started", "replica_ready", "rollout_completed",
                                "deployment_status", "application_status"));
  const Event started = events().at(2);
  EXPECT_EQ(started.application, "app");
  EXPECT_EQ(started.deployment, "D");
  EXPECT_EQ(started.replica, first());
  EXPECT_GT(started.time_s, 1.5e9);
}

TEST_F(EventLogTest, ADeathIsToldWithItsReason) {
  run(1);
  pass(std::chrono::seconds(2));
  const std::int64_t before = last();
  kill(first());
  const std::vector<Event> seen = events(before);
  ASSERT_FALSE(seen.empty());
  EXPECT_EQ(seen.front().kind, "replica_died");
  EXPECT_THAT(seen.front().message, HasSubstr("killed by signal 9\nlast words"));
  EXPECT_EQ(seen.front().data.at("how"), "killed by signal 9");
}

TEST_F(EventLogTest, AFailedStartIsToldApartFromADeath) {
  ASSERT_TRUE(deploy(1));
  const std::int64_t before = last();
  fakes.tell(first(), {.state = "START_FAILED", .message = "D: no model"});
  loop.poll();
  const auto seen = events(before);
  ASSERT_FALSE(seen.empty());
  EXPECT_THAT(kinds(seen), ::testing::Contains("replica_start_failed"));
  EXPECT_THAT(kinds(seen), ::testing::Not(::testing::Contains("replica_died")));
}

TEST_F(EventLogTest, ARolloutIsToldInWaves) {
  run(5);
  const auto seen = kinds_of([this] { run(5, R"({"v":2})"); });
  EXPECT_EQ(std::ranges::count(seen, "rollout_wave"), 5) << "20 % of five is one at a time";
  EXPECT_EQ(std::ranges::count(seen, "replica_stopped"), 5);
  EXPECT_EQ(std::ranges::count(seen, "rollout_completed"), 1);
}

TEST_F(EventLogTest, ScaleDownsSayHowManyAreWantedAndWhyThisReplicaGoes) {
  run(3);
  const std::int64_t before = last();
  run(1);
  std::vector<std::string> said;
  for (const Event& event : events(before))
    if (event.kind == "replica_stopping") said.push_back(event.message);
  EXPECT_THAT(said, ::testing::UnorderedElementsAre("1 replica is wanted; it has the highest rank on its node (2)",
                                                    "1 replica is wanted; it has the highest rank on its node (1)"));
}

TEST_F(EventLogTest, TheNextControllerHasThemAndCountsOn) {
  run(1);
  const std::vector<Event> before = events();
  begin();
  const std::vector<Event> after = events();
  ASSERT_GE(after.size(), before.size());
  EXPECT_TRUE(std::equal(before.begin(), before.end(), after.begin()));
  EXPECT_THAT(kinds({after.begin() + static_cast<std::ptrdiff_t>(before.size()), after.end()}),
              IsSupersetOf({"controller_started", "replica_adopted"}));
  for (std::size_t i = 1; i < after.size(); ++i) EXPECT_EQ(after[i].id, after[i - 1].id + 1);
}

TEST_F(EventLogTest, KeepsABoundedNumberInMemoryAndInTheStore) {
  const std::int64_t begun = last();
  for (std::size_t i = 0; i < EventLog::kKept + 10; ++i)
    controller->events().record({.kind = "test", .message = std::to_string(i)});
  loop.poll();
  EXPECT_EQ(events().size(), EventLog::kKept);
  EXPECT_EQ(events().front().id, begun + 11);
  const auto stored = store->events();
  ASSERT_TRUE(stored);
  EXPECT_EQ(stored->size(), EventLog::kKept);
  EXPECT_EQ(stored->back().first, begun + static_cast<std::int64_t>(EventLog::kKept) + 10);
}

TEST_F(EventLogTest, ListenersHearWhatIsRecordedUntilTheyAreForgotten) {
  std::vector<std::string> heard;
  const auto listener = controller->events().listen([&heard](const std::vector<Event>& told) {
    for (const Event& event : told) heard.push_back(event.kind);
  });
  controller->events().record({.kind = "one"});
  controller->events().record({.kind = "two"});
  EXPECT_TRUE(heard.empty()) << "told together, later";
  loop.poll();
  EXPECT_THAT(heard, ElementsAre("one", "two"));
  controller->events().forget(listener);
  controller->events().record({.kind = "three"});
  loop.poll();
  EXPECT_EQ(heard.size(), 2u);
}

TEST_F(EventLogTest, SelectsByIdTimeAndApplication) {
  EventLog& log = controller->events();
  const std::int64_t begun = last();
  log.record({.kind = "a", .application = "one"});
  log.record({.kind = "b", .application = "two"});
  EXPECT_THAT(kinds(log.since(begun)), ElementsAre("a", "b"));
  EXPECT_THAT(kinds(log.since(begun + 1)), ElementsAre("b"));
  EXPECT_THAT(kinds(log.since(begun, 0, "one")), ElementsAre("a"));
  EXPECT_TRUE(log.since(begun, log.since(begun).back().time_s + 1).empty());
}

TEST(ChangeEventsTest, ADeployTellsWhatItDoesToEachApplication) {
  DeployPlan plan;
  plan.applications = {
      {.name = "rag",
       .change = "restart",
       .deployments = {{.name = "Llm",
                        .change = "restart",
                        .changes = {{.field = "num_replicas", .before = "1", .after = "2", .update_class = "light"},
                                    {.field = "user_config",
                                     .before = R"("a")",
                                     .after = R"("b")",
                                     .update_class = "reconfigure"}}},
                       {.name = "Embed", .change = "unchanged"}}},
      {.name = "same", .change = "unchanged"},
      {.name = "old", .change = "removed"}};
  const auto events = deploy_events(plan, {.cause = "deploy", .by = "alice"});
  ASSERT_EQ(events.size(), 2u);
  EXPECT_EQ(events[0].kind, "deployed");
  EXPECT_EQ(events[0].by, "alice");
  EXPECT_EQ(events[0].message, "Llm restarts (num_replicas 1 -> 2, user_config)") << "texts may be secret";
  EXPECT_EQ(events[1].kind, "deleted");
  EXPECT_EQ(events[1].application, "old");
}

TEST(ChangeEventsTest, AnAutomaticRollbackTellsItsReason) {
  DeployPlan plan;
  plan.applications = {{.name = "rag", .change = "restart", .deployments = {{.name = "Llm", .change = "restart"}}}};
  const auto events = deploy_events(plan, {.cause = "automatic rollback of rag", .note = "Llm: no model"});
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].kind, "rolled_back");
  EXPECT_EQ(events[0].message, "automatic rollback of rag: Llm restarts (Llm: no model)");
}

TEST(ChangeEventsTest, StatusesThatStayAreNotTold) {
  spec::InstanceStatus before;
  before.proxies["n"] = "HEALTHY";
  before.applications["a"].status = "RUNNING";
  before.applications["a"].deployments["D"].status = "HEALTHY";
  spec::InstanceStatus after = before;
  EXPECT_TRUE(status_events(before, after).empty());
  after.proxies["n"] = "UNHEALTHY";
  after.applications["a"].deployments["D"].status = "UNHEALTHY";
  after.applications["a"].deployments["D"].message = "died\nlast words";
  const auto events = status_events(before, after);
  ASSERT_EQ(events.size(), 2u);
  EXPECT_EQ(events[0].message, "HEALTHY -> UNHEALTHY: proxy of node n");
  EXPECT_EQ(events[1].message, "HEALTHY -> UNHEALTHY: died");
}

TEST(EventStreamTest, AgesHaveAUnit) {
  EXPECT_EQ(age_s("90s"), 90);
  EXPECT_EQ(age_s("10m"), 600);
  EXPECT_EQ(age_s("2h"), 7200);
  EXPECT_EQ(age_s("1d"), 86400);
  EXPECT_FALSE(age_s("10"));
  EXPECT_FALSE(age_s("m"));
  EXPECT_FALSE(age_s("-1m"));
}

TEST(QueryValueTest, IsDecoded) {
  EXPECT_EQ(query_value("/x?a=1&b=my%20app", "b"), "my app");
  EXPECT_EQ(query_value("/x?a=1+2", "a"), "1 2");
  EXPECT_EQ(query_value("/x?a", "a"), "");
  EXPECT_EQ(query_value("/x?a=100%", "a"), "100%");
  EXPECT_FALSE(query_value("/x?a=1", "b"));
  EXPECT_FALSE(query_value("/x", "a"));
}

}  // namespace
}  // namespace manta::control
