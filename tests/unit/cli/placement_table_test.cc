#include "cli/placement_table.h"

#include <gtest/gtest.h>

namespace manta::cli {
namespace {

control::DeploymentTarget deployment(const std::string& name, int replicas, Resources resources) {
  control::DeploymentTarget target{.key = {"rag", name}, .version = "v", .num_replicas = replicas};
  target.resources = resources;
  return target;
}

std::string table_of(const control::ClusterView& view) { return placement_table(view, control::reconcile(view)); }

TEST(PlacementTableTest, ShowsWhatEachNodeHoldsAndWhatIsLeft) {
  control::ClusterView view;
  view.nodes = {{.node_id = "gpus", .total = {.num_cpus = 8, .num_gpus = 2, .memory = 4294967296.0}},
                {.node_id = "cpus", .total = {.num_cpus = 4}}};
  view.deployments = {deployment("Embed", 2, {.num_cpus = 1, .num_gpus = 0.25}),
                      deployment("Front", 1, {.num_cpus = 1})};
  EXPECT_EQ(table_of(view),
            "NODE  CPU FREE  GPU FREE  MEMORY FREE         HOLDS\n"
            "gpus  6 of 8    1.5 of 2  4.0 GiB of 4.0 GiB  rag#Embed (0.25 of GPU 0) x2\n"
            "cpus  3 of 4    0 of 0    -                   rag#Front\n"
            "\n"
            "DEPLOYMENT  REPLICAS  PLACED  PENDING\n"
            "rag#Embed   2         2       0\n"
            "rag#Front   1         1       0\n");
}

TEST(PlacementTableTest, SaysWhyAReplicaStaysPending) {
  control::ClusterView view;
  view.nodes = {{.node_id = "n", .total = {.num_cpus = 8, .num_gpus = 1}}};
  view.deployments = {deployment("Llm", 2, {.num_cpus = 1, .num_gpus = 1})};
  const std::string table = table_of(view);
  EXPECT_TRUE(table.contains("rag#Llm     2         1       1\n")) << table;
  EXPECT_TRUE(table.ends_with("\nrag#Llm: pending: needs 1 GPU, the largest free is 0\n")) << table;
}

TEST(PlacementTableTest, NamesBundlesAndRanks) {
  control::ClusterView view;
  view.nodes = {{.node_id = "n", .total = {.num_cpus = 8, .num_gpus = 4}}};
  view.deployments = {deployment("Gang", 2, {.num_cpus = 1, .num_gpus = 1}), deployment("Tp", 1, {.num_cpus = 1})};
  view.deployments[0].placement.gang_size = 2;
  view.deployments[1].placement.bundles = {{.num_cpus = 1, .num_gpus = 1}, {.num_cpus = 1, .num_gpus = 1}};
  const std::string table = table_of(view);
  EXPECT_TRUE(table.contains("rag#Gang#gang-0 rank 0 (GPU 0), rag#Gang#gang-0 rank 1 (GPU 1)")) << table;
  EXPECT_TRUE(table.contains("rag#Tp bundle 0 (GPU 2), rag#Tp bundle 1 (GPU 3)")) << table;
}

TEST(PlacementTableTest, SaysByWhichFallbackAReplicaIsPlaced) {
  control::ClusterView view;
  view.nodes = {{.node_id = "a", .total = {.num_cpus = 1}, .labels = {{"zone", "a"}}},
                {.node_id = "b", .total = {.num_cpus = 1}, .labels = {{"zone", "b"}}}};
  view.deployments = {deployment("Llm", 2, {.num_cpus = 1, .label_selector = {{"zone", "a"}}})};
  view.deployments[0].placement.fallbacks = {{{"zone", "b"}}};
  const std::string table = table_of(view);
  EXPECT_TRUE(table.contains("a     0 of 1    0 of 0    -            rag#Llm\n")) << table;
  EXPECT_TRUE(table.contains("b     0 of 1    0 of 0    -            rag#Llm by fallback_strategy[0]\n")) << table;
}

}  // namespace
}  // namespace manta::cli
