#include "simulate/price.h"

#include <gtest/gtest.h>

namespace manta::simulate {
namespace {

TEST(PriceTest, TwoDollarsAnHourAndTwelveThousandRequestsAnHourAre168AMillion) {
  Summary summary{.answered = 12'000, .node_hours = 1};
  parse_price("2.01/node")->apply(summary);
  EXPECT_NEAR(summary.cost_per_million, 167.5, 0.01);
}

TEST(PriceTest, OfAReplicaUnlessItSaysOtherwise) {
  Summary summary{.answered = 1'000'000, .replica_hours = 3, .node_hours = 1};
  parse_price("2")->apply(summary);
  EXPECT_EQ(summary.cost, 6);
  EXPECT_EQ(summary.cost_per_million, 6);
}

TEST(PriceTest, WithoutAnAnswerThereIsNoPriceOfOne) {
  Summary summary{.replica_hours = 3};
  parse_price("2/replica")->apply(summary);
  EXPECT_EQ(summary.cost_per_million, 0);
}

TEST(PriceTest, OfEachStretchAndDeployment) {
  Report report{.timeline = {{.answered = 1000, .replica_hours = 2, .node_hours = 0.5}, {.replica_hours = 1}},
                .summary = {}};
  parse_price("3/replica")->apply(report);
  EXPECT_EQ(report.timeline[0].cost_per_million, 6000);
  EXPECT_EQ(report.timeline[1].cost_per_million, 0) << "nothing was answered";
  parse_price("3/node")->apply(report);
  EXPECT_EQ(report.timeline[0].cost_per_million, 1500);
}

TEST(PriceTest, RefusesWhatIsNone) {
  for (const char* text : {"", "x", "2/hour", "-1", "2 /node"}) EXPECT_FALSE(parse_price(text)) << text;
}

}  // namespace
}  // namespace manta::simulate
