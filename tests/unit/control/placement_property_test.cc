// Thousands of random clusters, small enough for a search that tries everything.
#include <gtest/gtest.h>

#include <random>
#include <set>

#include <fmt/format.h>

#include "unit/control/placement_cluster.h"

namespace manta::control {
namespace {

constexpr Strategy kStrategies[] = {Strategy::Pack, Strategy::Spread, Strategy::StrictPack, Strategy::StrictSpread};

class Dice {
 public:
  explicit Dice(std::uint64_t seed) : random_(seed) {}
  int upto(int most) { return static_cast<int>(random_() % static_cast<std::uint64_t>(most + 1)); }
  bool one_in(int n) { return upto(n - 1) == 0; }
  template <class T, std::size_t N>
  T of(const T (&choices)[N]) {
    return choices[upto(static_cast<int>(N) - 1)];
  }

 private:
  std::mt19937_64 random_;
};

std::vector<NodeView> random_nodes(Dice& dice, int most) {
  std::vector<NodeView> nodes;
  const int count = 1 + dice.upto(most - 1);
  for (int i = 0; i < count; ++i) {
    NodeView node{.node_id = fmt::format("n{}", i),
                  .total = {.num_cpus = static_cast<double>(dice.upto(6)),
                            .num_gpus = static_cast<double>(dice.upto(3)),
                            .memory = 100.0 * dice.upto(4)}};
    if (dice.one_in(3)) node.total.resources["disk"] = dice.upto(2);
    if (dice.one_in(2)) node.labels["zone"] = dice.one_in(2) ? "a" : "b";
    if (dice.one_in(3)) node.accelerator_type = "A100";
    node.alive = !dice.one_in(10);
    nodes.push_back(std::move(node));
  }
  return nodes;
}

Resources random_share(Dice& dice) {
  const double kGpus[] = {0, 0, 0.1, 0.25, 0.3, 0.5, 0.6, 1, 2};
  const double kCpus[] = {0, 0.5, 1, 1, 2};
  const char* kSelectors[] = {"a", "!a", "in(a,b)", "!in(a,b)"};
  Resources share{.num_cpus = dice.of(kCpus), .num_gpus = dice.of(kGpus), .memory = dice.one_in(4) ? 100.0 : 0};
  if (dice.one_in(8)) share.resources["disk"] = 1;
  if (dice.one_in(8)) share.label_selector["zone"] = dice.of(kSelectors);
  if (dice.one_in(12)) share.accelerator_type = "A100";
  return share;
}

std::map<std::string, std::string> random_selector(Dice& dice) {
  const char* kZones[] = {"a", "b", "!a", "in(a,b)"};
  if (dice.one_in(3)) return {};
  return {{"zone", dice.of(kZones)}};
}

ReplicaNeed random_need(Dice& dice, int most_bundles) {
  ReplicaNeed need{.key = {"app", dice.one_in(2) ? "D" : "E"}, .resources = random_share(dice)};
  const int bundles = dice.upto(most_bundles);
  for (int i = 0; i < bundles; ++i) need.rules.bundles.push_back(random_share(dice));
  need.rules.strategy = dice.of(kStrategies);
  if (bundles == 0 && dice.one_in(4)) need.max_replicas_per_node = 1 + dice.upto(1);
  if (dice.one_in(4))
    for (int i = 1 + dice.upto(1); i > 0; --i) need.rules.fallbacks.push_back(random_selector(dice));
  if (dice.one_in(6)) need.rules.affinity = {.node_id = fmt::format("n{}", dice.upto(3)), .soft = dice.one_in(2)};
  return need;
}

std::set<std::string> nodes_of(const Placement& placement) {
  std::set<std::string> ids;
  for (const spec::Bundle& bundle : placement.bundles) ids.insert(bundle.node_id);
  return ids;
}

// What the strategy promises of a group that was placed.
std::string broken_promise(const CheckedCluster& before, const ReplicaNeed& need, const Placement& placement) {
  if (placement.bundles.size() != need.rules.bundles.size()) return "not all bundles";
  const std::size_t apart = nodes_of(placement).size(), bundles = placement.bundles.size();
  if (bundles == 0) return {};
  if (placement.bundles.front().node_id != placement.node_id) return "the replica is not in its first bundle";
  const Strategy strategy = need.rules.strategy;
  ReplicaNeed chosen = need;  // by its own labels or by one of its fallbacks
  chosen.rules.bundles.front().label_selector = placement.bundles.front().resources.label_selector;
  chosen.rules.fallbacks.clear();
  if (strategy == Strategy::StrictPack && apart != 1) return "STRICT_PACK on several nodes";
  if (strategy == Strategy::StrictSpread && apart != bundles) return "STRICT_SPREAD shares a node";
  if (need.rules.affinity && need.rules.affinity->soft) return {};
  if (strategy == Strategy::Pack && apart != 1 && before.can_place(chosen, 1, Strategy::StrictPack))
    return "PACK although one node has room";
  if (strategy == Strategy::Spread && apart != bundles && before.can_place(chosen, 1, Strategy::StrictSpread))
    return "SPREAD although there is room for all apart";
  return {};
}

TEST(PlacementPropertyTest, NothingIsOverbookedAndNothingPlaceableIsLeftPending) {
  int placed_count = 0, pending_count = 0;
  for (std::uint64_t seed = 1; seed <= 1'500; ++seed) {
    Dice dice(seed);
    CheckedCluster cluster(random_nodes(dice, 4));
    for (int step = 0; step < 12; ++step) {
      if (!cluster.replicas.empty() && dice.one_in(4)) {
        cluster.remove(static_cast<std::size_t>(dice.upto(static_cast<int>(cluster.replicas.size()) - 1)));
        continue;
      }
      FreeResources free(cluster.nodes, cluster.replicas, dice.one_in(2));
      for (int more = 0; more <= dice.upto(2); ++more) {
        const ReplicaNeed need = random_need(dice, 3);
        const CheckedCluster before = cluster;
        const auto placed = free.place(need);
        const bool is_group = !need.rules.bundles.empty();
        ASSERT_EQ(placed.has_value(), before.can_place(need, 1, is_group ? need.rules.strategy : Strategy::Pack))
            << "seed " << seed << " step " << step << (placed ? "" : ": " + placed.error().message);
        ++(placed ? placed_count : pending_count);
        if (!placed) {
          ASSERT_TRUE(placed.error().message.starts_with("pending: ")) << placed.error().message;
          continue;
        }
        ASSERT_EQ(broken_promise(before, need, *placed), "") << "seed " << seed << " step " << step;
        cluster.add(need, *placed);
        ASSERT_EQ(cluster.fault(), "") << "seed " << seed << " step " << step;
      }
    }
  }
  EXPECT_GT(placed_count, 5'000);
  EXPECT_GT(pending_count, 2'000);
}

TEST(PlacementPropertyTest, AGangIsPlacedWholeOrNotAtAll) {
  int placed_count = 0, pending_count = 0;
  for (std::uint64_t seed = 1; seed <= 3'000; ++seed) {
    Dice dice(seed);
    CheckedCluster cluster(random_nodes(dice, 4));
    for (int step = 0; step < 3; ++step) {
      ReplicaNeed need = random_need(dice, 0);
      need.rules.gang_size = 2 + dice.upto(1);
      need.rules.gang_strategy = dice.of(kStrategies);
      FreeResources free(cluster.nodes, cluster.replicas, dice.one_in(2));
      const bool possible = cluster.can_place(need, need.rules.gang_size, need.rules.gang_strategy);
      const auto gang = free.place_gang(need);
      ASSERT_EQ(gang.has_value(), possible) << "seed " << seed << (gang ? "" : ": " + gang.error().message);
      ++(gang ? placed_count : pending_count);
      if (!gang) {
        const auto alone = CheckedCluster(cluster).can_place(need, 1, Strategy::Pack);
        ASSERT_EQ(free.place(need).has_value(), alone) << "a gang that did not fit has taken something, seed " << seed;
        continue;
      }
      ASSERT_EQ(static_cast<int>(gang->size()), need.rules.gang_size);
      std::set<std::string> nodes;
      for (const Placement& member : *gang) {
        nodes.insert(member.node_id);
        cluster.add(need, member);
      }
      ASSERT_EQ(cluster.fault(), "") << "seed " << seed;
      if (need.rules.gang_strategy == Strategy::StrictPack) ASSERT_EQ(nodes.size(), 1u);
      if (need.rules.gang_strategy == Strategy::StrictSpread) ASSERT_EQ(nodes.size(), gang->size());
    }
  }
  EXPECT_GT(placed_count, 1'000);
  EXPECT_GT(pending_count, 1'000);
}

TEST(PlacementPropertyTest, GangsOfGroupsKeepBothStrategies) {
  int placed_count = 0;
  for (std::uint64_t seed = 1; seed <= 2'000; ++seed) {
    Dice dice(seed);
    CheckedCluster cluster(random_nodes(dice, 6));
    ReplicaNeed need{.key = {"app", "D"}, .resources = {}};
    for (int i = 0; i < 2; ++i) need.rules.bundles.push_back(random_share(dice));
    need.rules.strategy = dice.of(kStrategies);
    need.rules.gang_size = 2;
    need.rules.gang_strategy = dice.of(kStrategies);
    if (need.rules.gang_strategy == Strategy::StrictPack) need.rules.strategy = Strategy::StrictPack;
    const auto gang = FreeResources(cluster.nodes, {}).place_gang(need);
    if (!gang) continue;
    ++placed_count;
    std::set<std::string> all;
    for (const Placement& member : *gang) {
      cluster.add(need, member);
      const std::set<std::string> own = nodes_of(member);
      ASSERT_EQ(member.bundles.size(), 2u);
      if (need.rules.strategy == Strategy::StrictPack) ASSERT_EQ(own.size(), 1u) << seed;
      if (need.rules.strategy == Strategy::StrictSpread) ASSERT_EQ(own.size(), 2u) << seed;
      for (const std::string& node : own)
        ASSERT_TRUE(all.insert(node).second || need.rules.gang_strategy != Strategy::StrictSpread) << seed;
    }
    if (need.rules.gang_strategy == Strategy::StrictPack) ASSERT_EQ(all.size(), 1u) << seed;
    ASSERT_EQ(cluster.fault(), "") << seed;
  }
  EXPECT_GT(placed_count, 300);
}

}  // namespace
}  // namespace manta::control
