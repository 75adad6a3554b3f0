#include "loadgen/summary.h"

#include <gmock/gmock.h>

#include <manta/detail/json.h>

namespace manta::loadgen {
namespace {

using std::chrono::milliseconds;
using ::testing::HasSubstr;

LoadResult sample() {
  LoadResult result;
  result.measured = std::chrono::seconds(10);
  result.completed = 100;
  result.failed = 2;
  result.failures = {{"503", 2}};
  result.output_tokens = 1000;
  for (int i = 1; i <= 100; ++i) {
    result.latency.add(milliseconds(i));
    result.first_token.add(milliseconds(i / 2));
    result.per_token.add(milliseconds(5));
    result.between_tokens.add(milliseconds(5));
  }
  return result;
}

LoadPlan streams() {
  LoadPlan plan;
  plan.reads_events = true;
  plan.rate = 20;
  return plan;
}

TEST(SummaryTest, ShowsRatesFailuresAndQuantiles) {
  const std::string text = result_text(streams(), sample());
  EXPECT_THAT(text, HasSubstr("open loop, 20 requests/s"));
  EXPECT_THAT(text, HasSubstr("100 requests, 10.0/s, 2 failed"));
  EXPECT_THAT(text, HasSubstr("2 failed: 503"));
  EXPECT_THAT(text, HasSubstr("1000 tokens, 100.0/s"));
  EXPECT_THAT(text, HasSubstr("to first token"));
  EXPECT_THAT(text, HasSubstr("p99.9"));
}

TEST(SummaryTest, JsonHasTheKeysOfVllm) {
  const auto values = detail::from_json<std::map<std::string, Json>>(result_json(streams(), sample(), 0));
  ASSERT_TRUE(values) << values.error().message;
  for (const char* key : {"date",
                          "request_rate",
                          "burstiness",
                          "max_concurrency",
                          "max_concurrent_requests",
                          "duration",
                          "completed",
                          "failed",
                          "num_prompts",
                          "total_input_tokens",
                          "total_output_tokens",
                          "request_throughput",
                          "output_throughput",
                          "total_token_throughput",
                          "mean_ttft_ms",
                          "median_ttft_ms",
                          "std_ttft_ms",
                          "p99_ttft_ms",
                          "mean_tpot_ms",
                          "p99_tpot_ms",
                          "median_itl_ms",
                          "p99_itl_ms",
                          "mean_e2el_ms",
                          "p99_e2el_ms",
                          "p99.9_e2el_ms",
                          "failures"})
    EXPECT_TRUE(values->contains(key)) << key;
  EXPECT_EQ(values->at("request_throughput").text, "10");
  EXPECT_FALSE(values->contains("model_id")) << "no chat";
}

TEST(SummaryTest, NamesTheModelOfChats) {
  LoadPlan plan = streams();
  plan.model = "tiny \"one\"";
  const auto values = detail::from_json<std::map<std::string, Json>>(result_json(plan, sample(), 0));
  ASSERT_TRUE(values) << values.error().message;
  EXPECT_EQ(values->at("model_id").text, R"("tiny \"one\"")");
}

TEST(SummaryTest, WithoutStreamsThereAreNoTimesOfTokens) {
  const auto values = detail::from_json<std::map<std::string, Json>>(result_json({}, sample(), 0));
  ASSERT_TRUE(values);
  EXPECT_FALSE(values->contains("mean_itl_ms"));
  EXPECT_EQ(values->at("request_rate").text, "\"inf\"");
}

TEST(SummaryTest, ComparesTwoRuns) {
  LoadResult faster = sample();
  faster.measured = std::chrono::seconds(5);
  const auto text = comparison_text(result_json(streams(), sample(), 0), result_json(streams(), faster, 0));
  ASSERT_TRUE(text) << text.error().message;
  EXPECT_THAT(*text, HasSubstr("+100.0 %"));
  EXPECT_FALSE(comparison_text("[]", "{}"));
}

}  // namespace
}  // namespace manta::loadgen
