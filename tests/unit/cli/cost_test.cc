#include "cli/cost.h"

#include <gmock/gmock.h>

namespace manta::cli {
namespace {

using ::testing::HasSubstr;

TEST(CostTest, AMillionRequestsCostWhatTheHourCostsAtTheRate) {
  struct Row {
    double per_hour, price, dollars;
  };
  for (const Row& row : {Row{12000, 2.01, 167.5}, {1e6, 1, 1}, {3600, 0, 0}, {0, 2.01, 0}})
    EXPECT_DOUBLE_EQ(dollars_per_million(row.per_hour, row.price), row.dollars) << row.per_hour;
}

TEST(CostTest, CountersAreReadFromAPage) {
  const auto counts = request_counts(
      "# HELP ray_serve_deployment_request_counter Requests\n"
      "ray_serve_deployment_request_counter{application=\"rag\",deployment=\"Llm\",replica=\"a\",route=\"/\"} 3\n"
      "ray_serve_deployment_request_counter{application=\"rag\",deployment=\"Llm\",replica=\"b\",route=\"/\"} 4\n"
      "ray_serve_deployment_request_counter_total{application=\"rag\",deployment=\"Llm\",replica=\"b\"} 7\n"
      "ray_serve_num_http_requests{route=\"/\",method=\"POST\",application=\"rag\",status_code=\"200\"} 12\n"
      "ray_serve_num_http_requests_of_others{route=\"/\"} 99\n");
  ASSERT_EQ(counts.size(), 2u);
  EXPECT_EQ(counts.at({"rag", "Llm"}), 7);
  EXPECT_EQ(counts.at({"", ""}), 12);
}

TEST(CostTest, TwoCountsMakeARate) {
  const auto rows = cost_rows({{{"", ""}, 100}, {{"rag", "Llm"}, 50}},
                              {{{"", ""}, 200}, {{"rag", "Llm"}, 10}, {{"rag", "New"}, 5}}, 30, 2.01);
  ASSERT_EQ(rows.size(), 3u);
  EXPECT_DOUBLE_EQ(rows[0].requests_per_hour, 12000);
  EXPECT_DOUBLE_EQ(rows[0].dollars_per_million, 167.5);
  EXPECT_DOUBLE_EQ(rows[1].requests_per_hour, 1200) << "a counter that fell began anew";
  EXPECT_DOUBLE_EQ(rows[2].requests_per_hour, 600);
}

TEST(CostTest, TheTableSaysWhereNothingIsKnown) {
  const std::string text = cost_text({{"", "", 12000, 167.5}, {"rag", "Llm", 0, 0}}, 2.01);
  EXPECT_THAT(text, HasSubstr("At $2.01 an hour:"));
  EXPECT_THAT(text, HasSubstr("12000"));
  EXPECT_THAT(text, HasSubstr("167.50"));
  EXPECT_THAT(text, ::testing::ContainsRegex("rag/Llm +0 +-\n"));
}

}  // namespace
}  // namespace manta::cli
