#include "cli/node_list.h"

#include <gtest/gtest.h>

namespace manta::cli {
namespace {

std::string error_of(const std::string& text) {
  const auto nodes = parse_node_list(text);
  return nodes ? "" : nodes.error().message;
}

TEST(NodeListTest, CountsRepeatANode) {
  const auto nodes = parse_node_list("2xcpu=8,gpu=2,memory=1.5GiB;cpu=16,name=big");
  ASSERT_TRUE(nodes);
  ASSERT_EQ(nodes->size(), 3u);
  EXPECT_EQ((*nodes)[0].node_id, "node-1");
  EXPECT_EQ((*nodes)[1].node_id, "node-2");
  EXPECT_EQ((*nodes)[1].total, (Resources{.num_cpus = 8, .num_gpus = 2, .memory = 1610612736.0}));
  EXPECT_EQ((*nodes)[2].node_id, "big");
  EXPECT_TRUE((*nodes)[0].is_head);
  EXPECT_FALSE((*nodes)[1].is_head);
}

TEST(NodeListTest, OtherKeysAreLabelsAndCustomResources) {
  const auto nodes = parse_node_list("cpu=1,zone=x1,accelerator_type=A100,resource:disk=2");
  ASSERT_TRUE(nodes);
  EXPECT_EQ(nodes->front().labels, (std::map<std::string, std::string>{{"zone", "x1"}}));
  EXPECT_EQ(nodes->front().accelerator_type, "A100");
  EXPECT_EQ(nodes->front().total.resources.at("disk"), 2);
}

TEST(NodeListTest, MistakesAreNamed) {
  EXPECT_EQ(error_of("cpu=8,gpu"), "nodes: 'cpu=8,gpu': expected key=value");
  EXPECT_EQ(error_of("cpu=many"), "nodes: 'cpu=many': 'many' is no amount");
  EXPECT_EQ(error_of("cpu=-1"), "nodes: 'cpu=-1': '-1' is no amount");
  EXPECT_EQ(error_of("memory=1XB"), "nodes: 'memory=1XB': '1XB' is no amount");
  EXPECT_EQ(error_of("0xcpu=1"), "nodes: expected 1 to 100000 nodes, found a count of 0");
  EXPECT_EQ(error_of(""), "nodes: there are none");
}

TEST(NodeFileTest, IsAListOrAMappingWithOne) {
  for (const std::string text : {"- {count: 2, num_cpus: 8, num_gpus: 2, labels: {zone: a}}\n",
                                 "nodes:\n- {count: 2, num_cpus: 8, num_gpus: 2, labels: {zone: a}}\n"}) {
    const auto nodes = parse_node_file(text, "n.yaml");
    ASSERT_TRUE(nodes) << nodes.error().message;
    ASSERT_EQ(nodes->size(), 2u);
    EXPECT_EQ((*nodes)[1].labels.at("zone"), "a");
  }
}

TEST(NodeFileTest, MistakesNameTheFile) {
  EXPECT_TRUE(parse_node_file("- {cpus: 8}\n", "n.yaml").error().message.starts_with("n.yaml: $.nodes[0]"));
  EXPECT_TRUE(parse_node_file("- {", "n.yaml").error().message.starts_with("n.yaml:"));
}

}  // namespace
}  // namespace manta::cli
