#include <gtest/gtest.h>

#include <fstream>
#include <string>
#include <vector>

#include "unit/control/autoscale_history.h"

namespace manta::control {
namespace {

constexpr std::string_view kDigits = "0123456789abcdefghijklmnopqrstuvwxyz";

char digit(int number) { return kDigits.at(static_cast<std::size_t>(number)); }

struct Row {
  std::string first, targets;
  double totals = 0;
};

std::vector<Row> table() {
  std::ifstream file(MANTA_SOURCE_DIR "/tests/data/autoscale/ray_decisions.txt");
  std::vector<Row> rows;
  for (Row row; file >> row.first >> row.targets >> row.totals;) rows.push_back(row);
  return rows;
}

TEST(AutoscaleRayTest, DecidesAsRayServeOnTwentyThousandRandomHistories) {
  const std::vector<Row> rows = table();
  ASSERT_EQ(rows.size(), 20000u);
  int changes = 0, different = 0;
  for (std::uint64_t number = 0; number < rows.size(); ++number) {
    const Row& row = rows[number];
    History history(number);
    ASSERT_EQ(std::string(1, digit(history.target)), row.first) << "history " << number;
    double totals = 0;
    for (std::size_t i = 0; i < row.targets.size(); ++i) {
      const int before = history.target;
      totals += history.tick();
      if (history.target != before) ++changes;
      if (digit(history.target) == row.targets[i]) continue;
      ASSERT_TRUE(history.at_border) << "history " << number << " tick " << i;
      ++different;
      break;
    }
    if (!history.at_border) ASSERT_NEAR(totals, row.totals, 1e-8 * std::max(1.0, row.totals)) << "history " << number;
  }
  EXPECT_GT(changes, 30000);  // the histories are not all alike
  EXPECT_LT(different, 20);
}

}  // namespace
}  // namespace manta::control
