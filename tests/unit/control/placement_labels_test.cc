#include "control/placement_labels.h"

#include <gtest/gtest.h>

#include <optional>

namespace manta::control {
namespace {

struct Case {
  std::string name;
  std::optional<std::string> value;
  std::string condition;
  bool matches;
};

class LabelTest : public testing::TestWithParam<Case> {};

TEST_P(LabelTest, MatchesItsCondition) {
  const Case& c = GetParam();
  EXPECT_EQ(label_matches(c.value ? &*c.value : nullptr, c.condition), c.matches);
}

INSTANTIATE_TEST_SUITE_P(Table, LabelTest,
                         testing::Values(Case{"Equal", "a", "a", true}, Case{"NotEqual", "b", "a", false},
                                         Case{"Negated", "b", "!a", true}, Case{"NegatedEqual", "a", "!a", false},
                                         Case{"InFirst", "a", "in(a,b)", true}, Case{"InLast", "b", "in(a, b)", true},
                                         Case{"InNone", "c", "in(a,b)", false}, Case{"NotIn", "c", "!in(a,b)", true},
                                         Case{"NotInOne", "b", "!in(a,b)", false},
                                         Case{"PartIsNotAll", "a", "in(ab,ba)", false},
                                         Case{"EmptyList", "a", "in()", false},
                                         Case{"MissingIsNotEqual", std::nullopt, "a", false},
                                         Case{"MissingMeetsTheNegated", std::nullopt, "!a", true},
                                         Case{"MissingIsInNoList", std::nullopt, "in(a)", false},
                                         Case{"MissingMeetsNotIn", std::nullopt, "!in(a)", true},
                                         Case{"LooksLikeAList", "in(a", "in(a", true}),
                         [](const auto& info) { return info.param.name; });

TEST(UnmetLabelTest, EveryNodeHasItsIdAndItsKindOfGpuAsLabels) {
  const NodeView node{.node_id = "n1", .total = {}, .accelerator_type = "H100"};
  EXPECT_EQ(unmet_label(node, {{"ray.io/node-id", "n1"}, {"ray.io/accelerator-type", "in(A100,H100)"}}), "");
  EXPECT_EQ(unmet_label(node, {{"ray.io/node-id", "!n1"}}), "label ray.io/node-id is n1, needs !n1");
  EXPECT_EQ(unmet_label(node, {{"zone", "a"}}), "no label zone, needs a");
}

}  // namespace
}  // namespace manta::control
