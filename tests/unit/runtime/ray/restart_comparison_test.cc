#include "runtime/ray/restart_comparison.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace manta::runtime {
namespace {

BridgeObserved seen(const std::string& id, const std::string& state, const std::string& incarnation = "1") {
  return {.id = id, .incarnation = incarnation, .state = state};
}

std::vector<std::string> ids(const std::vector<BridgeObserved>& replicas) {
  std::vector<std::string> all;
  for (const BridgeObserved& replica : replicas) all.push_back(replica.id);
  return all;
}

struct Case {
  const char* what;
  std::map<std::string, std::string> known;
  std::set<std::string> starting;
  std::vector<BridgeObserved> listed;
  bool first;
  std::vector<std::string> ended, running, unwanted;
};

TEST(RestartComparisonTest, TellsWhatToDo) {
  const std::vector<Case> cases{
      {"nothing has happened", {{"a", "1"}}, {}, {seen("a", "running")}, false, {}, {"a"}, {}},
      {"an end was missed", {{"a", "1"}}, {}, {}, false, {"a"}, {}, {}},
      {"it was started anew by somebody", {{"a", "1"}}, {}, {seen("a", "running", "2")}, false, {"a"}, {}, {"a"}},
      {"a start is under way", {}, {"a"}, {seen("a", "pending")}, false, {}, {}, {}},
      {"a start has succeeded, its answer was lost", {}, {"a"}, {seen("a", "running")}, false, {}, {}, {}},
      {"a start was given up meanwhile", {}, {}, {seen("a", "pending")}, false, {}, {}, {"a"}},
      {"and has begun all the same", {}, {}, {seen("a", "running")}, false, {}, {}, {"a"}},
      {"a new controller takes over", {}, {}, {seen("a", "running"), seen("b", "pending")}, true, {}, {"a"}, {"b"}},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.what);
    const RestartComparison found = compare_after_restart(c.known, c.starting, c.listed, c.first);
    EXPECT_EQ(found.ended, c.ended);
    EXPECT_EQ(ids(found.running), c.running);
    EXPECT_EQ(found.unwanted, c.unwanted);
  }
}

}  // namespace
}  // namespace manta::runtime
