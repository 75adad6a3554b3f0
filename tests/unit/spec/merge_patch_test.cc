#include "spec/merge_patch.h"

#include <gtest/gtest.h>

namespace manta::spec {
namespace {

TEST(MergePatchTest, FollowsTheStandardsExamples) {
  const auto merged = [](const char* target, const char* patch) { return merge_patch(target, patch).value(); };
  EXPECT_EQ(merged(R"({"a":"b"})", R"({"a":"c"})"), R"({"a":"c"})");
  EXPECT_EQ(merged(R"({"a":"b"})", R"({"b":"c"})"), R"({"a":"b","b":"c"})");
  EXPECT_EQ(merged(R"({"a":"b","b":"c"})", R"({"a":null})"), R"({"b":"c"})");
  EXPECT_EQ(merged(R"({"a":["b"]})", R"({"a":"c"})"), R"({"a":"c"})");
  EXPECT_EQ(merged(R"({"a":{"b":"c"}})", R"({"a":{"b":"d","c":null}})"), R"({"a":{"b":"d"}})");
  EXPECT_EQ(merged(R"({"a":[{"b":"c"}]})", R"({"a":[1]})"), R"({"a":[1]})");
  EXPECT_EQ(merged(R"(["a","b"])", R"(["c","d"])"), R"(["c","d"])");
  EXPECT_EQ(merged(R"({"e":null})", R"({"a":1})"), R"({"a":1,"e":null})");
  EXPECT_EQ(merged(R"([1,2])", R"({"a":"b","c":null})"), R"({"a":"b"})");
  EXPECT_EQ(merged(R"({})", R"({"a":{"bb":{"ccc":null}}})"), R"({"a":{"bb":{}}})");
  EXPECT_FALSE(merge_patch("{", "{}"));
  EXPECT_FALSE(merge_patch("{}", "nothing"));
}

TEST(MergePatchTest, DeploymentsAreMergedByName) {
  const std::string target =
      R"({"deployments":[{"name":"A","num_replicas":2,"user_config":{"x":1}},{"name":"B"}],"name":"rag"})";
  EXPECT_EQ(
      merge_application(target, R"({"deployments":[{"name":"A","num_replicas":5},{"name":"C","env_vars":{"K":"v"}}]})")
          .value(),
      R"({"deployments":[{"name":"A","num_replicas":5,"user_config":{"x":1}},{"name":"B"},{"env_vars":{"K":"v"},"name":"C"}],"name":"rag"})");
  EXPECT_EQ(merge_application(R"({"name":"rag"})", R"({"route_prefix":"/r","deployments":[]})").value(),
            R"({"deployments":[],"name":"rag","route_prefix":"/r"})");
  EXPECT_FALSE(merge_application(target, R"({"deployments":{}})"));
  EXPECT_FALSE(merge_application(target, "[]"));
}

}  // namespace
}  // namespace manta::spec
