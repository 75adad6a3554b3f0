#include "cli/nodes_text.h"

#include <gmock/gmock.h>

namespace manta::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr double kGiB = 1024.0 * 1024 * 1024;

control::NodeReport machine(const std::string& id, bool is_head) {
  return {.node_id = id,
          .address = is_head ? "10.0.1.5" : "10.0.1.6",
          .is_head = is_head,
          .total = {{"CPU", 4}, {"GPU", 1}, {"memory", 8 * kGiB}},
          .free = {{"CPU", 4}, {"GPU", 1}, {"memory", 8 * kGiB}}};
}

control::NodesReport two_machines() {
  control::NodesReport report{.nodes = {machine("aaaa", true), machine("bbbb", false)}, .pending = {}};
  report.nodes[1].used = {{"CPU", 2}};
  report.nodes[1].replicas_of = {{"rag/Embed", 2}, {"rag/Llm", 1}};
  report.nodes[1].labels = {{"zone", "b"}};
  report.nodes[1].proxy = "HEALTHY";
  return report;
}

TEST(NodesTextTest, BeginsAsRayStatusDoes) {
  EXPECT_THAT(nodes_text(two_machines()), StartsWith(R"(Resources
---------------------------------------------------------------
Usage:
 0.0/2.0 GPU
 2.0/8.0 CPU
 0B/16.00GiB memory
Node status
---------------------------------------------------------------
Active:
 2 node(s) with resources: {"GPU": 1.0, "CPU": 4.0}
Pending:
 (no replica waits)
)"));
}

TEST(NodesTextTest, ShowsEachMachineInARow) {
  EXPECT_THAT(nodes_text(two_machines()),
              HasSubstr("\nNODE         ADDRESS   STATE  CPU  GPU  MEMORY      CUSTOM  LABELS  PROXY    REPLICAS\n"
                        "aaaa (head)  10.0.1.5  ALIVE  0/4  0/1  0B/8.00GiB  -       -       -        -\n"
                        "bbbb         10.0.1.6  ALIVE  2/4  0/1  0B/8.00GiB  -       zone=b  HEALTHY  rag/Embed x2, "
                        "rag/Llm\n"));
}

TEST(NodesTextTest, TellsWhatEachNodeLacks) {
  control::NodesReport report = two_machines();
  report.pending.push_back({.application = "rag",
                            .deployment = "Llm",
                            .replicas = 2,
                            .bundles = {{{"CPU", 1}, {"GPU", 1}}, {{"GPU", 0.5}}},
                            .message = "pending: needs 1 GPU; node aaaa: GPU 0 free < 1; node bbbb: is being drained"});
  EXPECT_THAT(nodes_text(report), HasSubstr(R"(Pending:
 rag/Llm: 2 replica(s), each needs {"GPU": 1.0, "CPU": 1.0} + {"GPU": 0.5}
   needs 1 GPU
   node aaaa: GPU 0 free < 1
   node bbbb: is being drained
)"));
}

TEST(NodesTextTest, CountsWhatOthersUseAndSetsApartWhoLeaves) {
  control::NodesReport report = two_machines();
  report.nodes[0].used_by_others = {{"GPU", 0.5}};
  report.nodes[1].state = "DRAINING";
  report.nodes[1].message = "rag/Llm: pending: needs 1 GPU";
  const std::string text = nodes_text(report);
  EXPECT_THAT(text, HasSubstr(" 0.5/2.0 GPU\n"));
  EXPECT_THAT(text, HasSubstr("Active:\n 1 node(s) with resources: {\"GPU\": 1.0, \"CPU\": 4.0}\n"
                              "Draining:\n 1 node(s) with resources: {\"GPU\": 1.0, \"CPU\": 4.0}\n"));
  EXPECT_THAT(text, HasSubstr("\nbbbb: rag/Llm: pending: needs 1 GPU\n"));
  report.nodes[1].proxy = "UNHEALTHY";
  report.nodes[1].proxy_message = "port 8000 is taken";
  EXPECT_THAT(nodes_text(report),
              HasSubstr("\nbbbb: rag/Llm: pending: needs 1 GPU; proxy UNHEALTHY: port 8000 is taken\n"));
}

TEST(NodesTextTest, TheStatusOfOneMachineIsAsRayServePrintsIt) {
  control::NodesReport report = two_machines();
  report.nodes[1].proxy = "UNHEALTHY";
  report.nodes[1].proxy_message = "port 8000 is taken";
  EXPECT_EQ(nodes_status_yaml(report), R"(nodes:
  aaaa:
    state: ALIVE
    message: ''
    replicas: {}
  bbbb:
    state: ALIVE
    message: 'proxy UNHEALTHY: port 8000 is taken'
    replicas:
      rag/Embed: 2
      rag/Llm: 1
)");
  report.nodes.pop_back();
  EXPECT_EQ(nodes_status_yaml(report), "");
}

}  // namespace
}  // namespace manta::cli
