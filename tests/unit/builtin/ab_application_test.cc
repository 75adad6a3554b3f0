#include "builtin/ab_application.h"

#include <cmath>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <manta/detail/request_context.h>
#include <manta/testing.h>

#include "builtin/applications.h"
#include "builtin/weighted_choice.h"

namespace manta::builtin {
namespace {

using ::testing::HasSubstr;

Application ab_built(const std::string& args) { return applications().at("ab_router")(Args::parse(args)).at(0); }

std::string ab_refusal(const std::string& args) {
  try {
    ab_built(args);
  } catch (const Exception& exception) {
    return exception.what();
  }
  return "";
}

std::string ab_llm(const std::string& id) {
  return R"({"import_path": "builtin:llm", "args": {"engine": "sim", "id": ")" + id + R"("}})";
}

TEST(AbApplicationTest, ItsModelsAreBuiltWithIt) {
  manta::testing::LocalApp app(
      ab_built(R"({"model_a": )" + ab_llm("a") + R"(, "model_b": )" + ab_llm("b") + R"(, "traffic_split": 0})"));
  const auto answer = app.get("/v1/models");
  EXPECT_EQ(answer.status, 200);
  EXPECT_THAT(answer.body, HasSubstr("\"id\":\"b\""));
}

TEST(AbApplicationTest, ThreeShareByWeight) {
  manta::testing::LocalApp app(ab_built(
      R"({"targets": [{"import_path": "builtin:llm", "args": {"engine": "sim", "id": "a"}, "weight": 0},
                      {"import_path": "builtin:llm", "args": {"engine": "sim", "id": "b"}, "weight": 0},
                      {"import_path": "builtin:llm", "args": {"engine": "sim", "id": "c"}, "weight": 2}]})"));
  for (int i = 0; i < 10; ++i) EXPECT_THAT(app.get("/v1/models").body, HasSubstr("\"id\":\"c\""));
}

TEST(AbApplicationTest, MistakesAreToldWithTheRemedy) {
  EXPECT_THAT(ab_refusal("{}"), HasSubstr("args need model_a"));
  EXPECT_THAT(ab_refusal(R"({"model_a": "x/Y"})"), HasSubstr("args need model_b"));
  EXPECT_THAT(ab_refusal(R"({"model_a": "x/Y", "model_b": "x/Z", "traffic_split": 2})"), HasSubstr("0 to 1"));
  EXPECT_THAT(ab_refusal(R"({"targets": [{"deployment": "x/Y"}]})"), HasSubstr("nothing to choose"));
  EXPECT_THAT(ab_refusal(R"({"targets": [{"deployment": "x/Y"}, {}]})"), HasSubstr("a deployment or an import_path"));
  EXPECT_THAT(ab_refusal(R"({"targets": [{"deployment": "x/Y"}, {"deployment": "x/Z", "weight": -1}]})"),
              HasSubstr("weights are 0 or more"));
  EXPECT_THAT(ab_refusal(R"({"model_a": "x/Y", "model_b": {"import_path": "builtin:llm", "values": true}})"),
              HasSubstr("`values` says of a deployment by name"));
  EXPECT_THAT(ab_refusal(R"({"model_a": "x/Y", "model_b": {"import_path": "lib.so:build"}})"),
              HasSubstr("lib.so:build"));
  EXPECT_THAT(ab_refusal(R"({"model_a": "x/Y", "model_b": {"import_path": "builtin:lm"}})"), HasSubstr("builtin:lm"));
  EXPECT_THAT(
      ab_refusal(R"({"model_a": "x/Y", "model_b": {"import_path": "builtin:embed", "args": {"engine": "sim"}}})"),
      HasSubstr("takes no HTTP request"));
}

TEST(WeightedChoiceTest, EachGetsItsShare) {
  WeightedChoice choice({6, 0, 3, 1});
  std::vector<int> counts(4);
  for (int i = 0; i < 10'000; ++i) ++counts[choice.pick()];
  EXPECT_NEAR(counts[0], 6000, 4 * std::sqrt(10'000 * 0.6 * 0.4));
  EXPECT_EQ(counts[1], 0);
  EXPECT_NEAR(counts[2], 3000, 4 * std::sqrt(10'000 * 0.3 * 0.7));
}

TEST(WeightedChoiceTest, OnlySessionsThatAWeightGainsMove) {
  WeightedChoice before({1, 1, 1}), after({1, 1, 2});
  int moved = 0;
  for (int i = 0; i < 3000; ++i) {
    auto request = std::make_shared<RequestContext>();
    request->session_id = "session " + std::to_string(i);
    const manta::detail::ScopedRequest inside(request);
    const auto was = before.pick(), is = after.pick();
    EXPECT_EQ(before.pick(), was);
    EXPECT_TRUE(is == was || is == 2);
    moved += is != was ? 1 : 0;
  }
  EXPECT_NEAR(moved, 500, 90);  // a third becomes a half
}

}  // namespace
}  // namespace manta::builtin
