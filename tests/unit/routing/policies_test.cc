#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "routing/node_zones.h"
#include "routing/policies/hash.h"
#include "routing/policies/model_affinity.h"
#include "routing/policies/policy_list.h"
#include "spec/routing_policy.h"

namespace manta::routing {
namespace {

constexpr TimePoint kNow{std::chrono::hours(1)};

// Replicas as a router keeps them: those that may take a request in front.
struct Replicas {
  std::vector<ReplicaLoad> all;
  std::size_t candidates = 0;
  std::uint64_t membership = 1;
  TimePoint now = kNow;

  explicit Replicas(int count) {
    for (int i = 0; i < count; ++i) add("replica-" + std::to_string(i));
  }
  void add(const std::string& id) {
    const auto number = static_cast<std::uint32_t>(all.size());
    all.push_back({.key = next_key++, .number = number, .id_hash = stable_hash(id)});
    names[all.back().key] = id;
    candidates = all.size();
    ++membership;
  }
  void erase(const std::string& id) {
    const std::uint32_t number = of(id).number;
    std::erase_if(all, [&](const ReplicaLoad& replica) { return replica.number == number; });
    for (ReplicaLoad& replica : all)
      if (replica.number == all.size()) replica.number = number;  // numbers of those that went are given anew
    candidates = all.size();
    ++membership;
  }
  // Makes it one that may take nothing now.
  void exclude(const std::string& id) { std::swap(of(id), all[--candidates]); }
  ReplicaLoad& of(const std::string& id) {
    return *std::ranges::find_if(all, [&](const ReplicaLoad& replica) { return names.at(replica.key) == id; });
  }
  std::string pick(Policy& policy, const RequestContext* request = nullptr) {
    const PolicyInput input{.now = now, .request = request, .all = all, .membership = membership};
    const auto choice = policy({all.data(), candidates}, input, rng);
    return choice ? names.at(all[*choice].key) : "";
  }
  std::string pick_for_session(Policy& policy, const std::string& session) {
    RequestContext request;
    request.session_id = session;
    return pick(policy, &request);
  }

  std::map<ReplicaKey, std::string> names;
  ReplicaKey next_key = 1;
  Rng rng{1};
};

Policy named(const std::string& name, const std::string& options = "{}") {
  return *make_policy({.request_router_class = name, .request_router_kwargs = {options}});
}

TEST(PolicyListTest, HasEveryPolicyThatCanBeConfigured) {
  for (const std::string_view name : spec::routing_policy_names()) {
    auto policy = make_policy(std::string(name));
    ASSERT_TRUE(policy) << name;
    Replicas replicas(3);
    EXPECT_NE(replicas.pick(*policy), "") << name;
    replicas.candidates = 0;
    EXPECT_EQ(replicas.pick(*policy), "") << name << " picks nothing from nothing";
  }
}

TEST(PolicyListTest, EveryPolicyPicksACandidateWhateverTheRequest) {
  Rng random(3);
  for (const std::string_view name : spec::routing_policy_names()) {
    Policy policy = named(std::string(name));
    Replicas replicas(7);
    for (int i = 0; i < 500; ++i) {
      replicas.candidates = random() % 8;
      for (ReplicaLoad& replica : replicas.all) {
        replica.in_flight = static_cast<int>(random() % 9);
        replica.same_node = random() % 2 == 0;
      }
      std::ranges::shuffle(replicas.all, random);
      RequestContext request;
      if (random() % 2 == 0) request.session_id = std::to_string(random() % 10);
      const std::string picked = replicas.pick(policy, &request);
      ASSERT_EQ(picked.empty(), replicas.candidates == 0) << name;
      if (picked.empty()) continue;
      const auto at = &replicas.of(picked) - replicas.all.data();
      ASSERT_LT(static_cast<std::size_t>(at), replicas.candidates) << name << " picked one that may take nothing";
    }
  }
}

TEST(RoundRobinTest, GoesRoundInTheOrderInWhichReplicasCame) {
  Policy policy = named("round_robin");
  Replicas replicas(3);
  std::vector<std::string> picked;
  for (int i = 0; i < 6; ++i) {
    picked.push_back(replicas.pick(policy));
    std::ranges::reverse(replicas.all);  // the order in the array says nothing
  }
  EXPECT_EQ(picked,
            (std::vector<std::string>{"replica-0", "replica-1", "replica-2", "replica-0", "replica-1", "replica-2"}));
}

TEST(RoundRobinTest, PassesOverThoseThatSeemFullAndTakesNewOnes) {
  Policy policy = named("round_robin");
  Replicas replicas(2);
  EXPECT_EQ(replicas.pick(policy), "replica-0");
  replicas.of("replica-1").in_flight = 5;
  EXPECT_EQ(replicas.pick(policy), "replica-0");
  replicas.add("new");
  EXPECT_EQ(replicas.pick(policy), "new");
  for (ReplicaLoad& replica : replicas.all) replica.in_flight = 5;
  EXPECT_EQ(replicas.pick(policy), "replica-0") << "all seem full: the next";
}

TEST(LeastLoadedTest, FindsTheLeastOfAll) {
  Policy policy = named("least_loaded");
  Replicas replicas(100);
  for (ReplicaLoad& replica : replicas.all) replica.in_flight = 3;
  replicas.of("replica-71").in_flight = 1;
  for (int i = 0; i < 20; ++i) EXPECT_EQ(replicas.pick(policy), "replica-71");
}

TEST(LeastLoadedTest, SpreadsOverEquals) {
  Policy policy = named("least_loaded");
  Replicas replicas(4);
  std::map<std::string, int> picked;
  for (int i = 0; i < 4000; ++i) ++picked[replicas.pick(policy)];
  for (const auto& [id, count] : picked) EXPECT_NEAR(count, 1000, 150) << id;
}

struct LocalityRow {
  std::string name;
  std::vector<int> local_loads;  // of max_ongoing 5
  std::string options = "{}";
  bool stays = true;
};

class LocalityTest : public testing::TestWithParam<LocalityRow> {};

TEST_P(LocalityTest, StaysOnTheNodeAsLongAsThereIsRoom) {
  const LocalityRow& row = GetParam();
  Policy policy = named("locality_first", row.options);
  Replicas replicas(static_cast<int>(row.local_loads.size()) + 3);
  for (std::size_t i = 0; i < row.local_loads.size(); ++i) {
    replicas.all[i].same_node = true;
    replicas.all[i].in_flight = row.local_loads[i];
  }
  for (int i = 0; i < 50; ++i) EXPECT_EQ(replicas.of(replicas.pick(policy)).same_node, row.stays);
}

INSTANTIATE_TEST_SUITE_P(
    Rows, LocalityTest,
    testing::Values(LocalityRow{"OneIdle", {0}}, LocalityRow{"OneBusy", {4}},
                    LocalityRow{.name = "OneFull", .local_loads = {5}, .stays = false},
                    LocalityRow{"OneOfTwoFull", {5, 4}},
                    LocalityRow{.name = "NoneHere", .local_loads = {}, .stays = false},
                    LocalityRow{
                        .name = "SpillsAtHalf", .local_loads = {3}, .options = R"({"spill_at": 0.5})", .stays = false}),
    [](const auto& row) { return row.param.name; });

TEST(LocalityTest, PrefersTheLessLoadedOfTwoOnTheNode) {
  Policy policy = named("locality_first");
  Replicas replicas(4);
  replicas.all[1].same_node = replicas.all[2].same_node = true;
  replicas.all[1].in_flight = 2;
  for (int i = 0; i < 20; ++i) EXPECT_EQ(replicas.pick(policy), "replica-2");
}

TEST(LocalityTest, GoesToTheZoneWhenTheNodeHasNoRoomAndThenAnywhere) {
  Policy policy = named("locality_first");
  Replicas replicas(4);
  replicas.all[0].same_node = replicas.all[0].same_zone = replicas.all[1].same_zone = true;
  for (int i = 0; i < 20; ++i) EXPECT_EQ(replicas.pick(policy), "replica-0");
  replicas.all[0].in_flight = 5;
  for (int i = 0; i < 20; ++i) EXPECT_EQ(replicas.pick(policy), "replica-1");
  replicas.all[1].in_flight = 5;
  for (int i = 0; i < 20; ++i) EXPECT_FALSE(replicas.of(replicas.pick(policy)).same_zone);
}

TEST(NodeZonesTest, TellHowNearAReplicaIs) {
  const NodeZones zones = node_zones({{"a", "east"}, {"b", "east"}, {"c", "west"}});
  const auto is = [&](const std::string& caller, const std::string& replica, bool node, bool zone) {
    const Nearness near = nearness(caller, replica, &zones);
    return near.same_node == node && near.same_zone == zone;
  };
  EXPECT_TRUE(is("a", "a", true, true));
  EXPECT_TRUE(is("a", "b", false, true));
  EXPECT_TRUE(is("a", "c", false, false));
  EXPECT_TRUE(is("a", "not labelled", false, false));
  EXPECT_TRUE(is("not labelled", "not labelled either", false, false));
  EXPECT_TRUE(is("", "", false, false));  // a program outside
}

TEST(ConsistentHashTest, OneSessionGoesToOneReplicaWhoeverAsks) {
  Policy one = named("consistent_hash"), other = named("consistent_hash");
  Replicas replicas(5), as_seen_elsewhere(0);
  for (const int i : {3, 0, 4, 1, 2}) as_seen_elsewhere.add("replica-" + std::to_string(i));
  for (int i = 0; i < 200; ++i) {
    const std::string session = "session " + std::to_string(i);
    EXPECT_EQ(replicas.pick_for_session(one, session), as_seen_elsewhere.pick_for_session(other, session));
  }
}

TEST(ConsistentHashTest, FallsBackToTheTenantAndThenToTheRequestsId) {
  Policy policy = named("consistent_hash");
  Replicas replicas(8);
  const auto pick = [&](const std::string& session, const std::string& tenant, const std::string& id) {
    RequestContext request;
    request.session_id = session;
    request.tenant = tenant;
    request.request_id = id;
    return replicas.pick(policy, &request);
  };
  std::set<std::string> by_session, by_tenant, by_id;
  for (int i = 0; i < 50; ++i) {
    const std::string text = std::to_string(i);
    by_session.insert(pick("s", text, text));
    by_tenant.insert(pick("", "t", text));
    by_id.insert(pick("", "", text));
  }
  EXPECT_EQ(by_session.size(), 1U);
  EXPECT_EQ(by_tenant.size(), 1U);
  EXPECT_GT(by_id.size(), 4U);
}

TEST(ConsistentHashTest, SharesTheSessionsOutEvenly) {
  Policy policy = named("consistent_hash");
  Replicas replicas(4);
  std::map<std::string, int> picked;
  for (int i = 0; i < 8000; ++i) ++picked[replicas.pick_for_session(policy, std::to_string(i))];
  for (const auto& [id, count] : picked) EXPECT_NEAR(count, 2000, 600) << id;
}

TEST(ConsistentHashTest, AReplicaThatComesOrGoesMovesOnlyItsOwnShare) {
  Policy policy = named("consistent_hash");
  Replicas replicas(10);
  const auto owners = [&] {
    std::vector<std::string> of;
    for (int i = 0; i < 5000; ++i) of.push_back(replicas.pick_for_session(policy, std::to_string(i)));
    return of;
  };
  const auto before = owners();
  replicas.erase("replica-3");
  const auto without = owners();
  replicas.add("replica-10");
  const auto with_new = owners();
  int moved_to_new = 0;
  for (std::size_t i = 0; i < before.size(); ++i) {
    if (before[i] != "replica-3") {
      EXPECT_EQ(without[i], before[i]);
    }
    if (with_new[i] == without[i]) continue;
    EXPECT_EQ(with_new[i], "replica-10");
    ++moved_to_new;
  }
  EXPECT_NEAR(moved_to_new, 500, 250);
}

TEST(ConsistentHashTest, PassesOverOneThatHasMoreThanItsShareOrMayTakeNothing) {
  Policy policy = named("consistent_hash", R"({"load_factor": 1.25})");
  Replicas replicas(3);
  for (ReplicaLoad& replica : replicas.all) replica.max_ongoing = 100;
  const std::string home = replicas.pick_for_session(policy, "s");
  for (ReplicaLoad& replica : replicas.all) replica.in_flight = 10;
  EXPECT_EQ(replicas.pick_for_session(policy, "s"), home);
  replicas.of(home).in_flight = 13;  // mean 34/3, the bound is ceil(1.25 * 11.3) = 15
  EXPECT_EQ(replicas.pick_for_session(policy, "s"), home);
  replicas.of(home).in_flight = 16;
  const std::string next = replicas.pick_for_session(policy, "s");
  EXPECT_NE(next, home);
  EXPECT_EQ(replicas.pick_for_session(policy, "s"), next) << "the same one each time";
  replicas.of(home).in_flight = 10;
  replicas.exclude(home);
  EXPECT_EQ(replicas.pick_for_session(policy, "s"), next);
}

TEST(ConsistentHashTest, AFewRequestsAtATimeStayTogether) {
  Policy policy = named("consistent_hash");
  Replicas replicas(10);
  const std::string home = replicas.pick_for_session(policy, "s");
  replicas.of(home).in_flight = 1;
  EXPECT_EQ(replicas.pick_for_session(policy, "s"), home);
}

class ModelTest : public testing::Test {
 protected:
  std::string pick(const std::string& model) {
    RequestContext request;
    request.multiplexed_model_id = model;
    return replicas.pick(policy, &request);
  }
  // The replica has these models in memory, by its own word.
  void tell(const std::string& replica, std::vector<std::string> models) {
    ReplicaTold& one = told[replica];
    one.models = std::move(models);
    replicas.of(replica).told = &one;
  }
  Replicas replicas{8};
  std::map<std::string, ReplicaTold> told;
  Policy otherwise = named("round_robin");
  Policy policy = model_affinity(otherwise);
};

TEST_F(ModelTest, AModelStaysWhereItWasServed) {
  const std::string a = pick("a"), b = pick("b");
  EXPECT_NE(a, b);
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(pick("a"), a);
    EXPECT_EQ(pick("b"), b);
  }
}

TEST_F(ModelTest, ABusyModelSpreadsAndKeepsItsReplicas) {
  const std::string first = pick("a");
  replicas.of(first).in_flight = 3;  // more than half of 5
  const std::string second = pick("a");
  EXPECT_NE(second, first);
  replicas.of(first).in_flight = 0;
  replicas.of(second).in_flight = 1;
  EXPECT_EQ(pick("a"), first) << "the less loaded of both";
}

TEST_F(ModelTest, AReplicaThatSaysItHasTheModelIsPreferredThoughNothingWasSentThere) {
  tell("replica-5", {"a", "b"});
  tell("replica-6", {"b"});
  EXPECT_EQ(pick("a"), "replica-5");
  replicas.of("replica-5").in_flight = 1;
  EXPECT_EQ(pick("b"), "replica-6") << "the less loaded of both";
}

TEST_F(ModelTest, AModelThatLeftItsReplicaIsNotSoughtThere) {
  const std::string first = pick("a");
  tell(first, {});
  EXPECT_EQ(pick("a"), first) << "it may be loading it";
  tell(first, {"a"});
  EXPECT_EQ(pick("a"), first);
  tell(first, {"b"});
  EXPECT_NE(pick("a"), first) << "it had it and has it no more";
}

TEST_F(ModelTest, AReplicaThatNeverSaysItHasTheModelIsBelievedForALimitedTime) {
  const std::string first = pick("a");
  tell(first, {});
  replicas.now += kLongestLoad;
  EXPECT_NE(pick("a"), first);
}

TEST_F(ModelTest, AModelUnusedForLongIsForgotten) {
  const std::string first = pick("a");
  replicas.now += kHolderLife;
  EXPECT_NE(pick("a"), first) << "where round robin goes next";
}

TEST_F(ModelTest, RemembersOnlyTheModelsUsedLast) {
  const std::string first = pick("a");
  for (std::size_t i = 0; i < kModels; ++i) pick(std::to_string(i));
  EXPECT_NE(pick("a"), first);
}

}  // namespace
}  // namespace manta::routing
