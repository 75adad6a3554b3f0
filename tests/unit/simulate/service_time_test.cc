#include "simulate/service_time.h"

#include <gtest/gtest.h>

namespace manta::simulate {
namespace {

TEST(ServiceTimeTest, ReadsUnits) {
  EXPECT_EQ(*parse_seconds("200ms"), 0.2);
  EXPECT_EQ(*parse_seconds("0.5"), 0.5);
  EXPECT_EQ(*parse_seconds("2m"), 120);
  EXPECT_EQ(*parse_seconds(" 1h "), 3600);
  for (const char* text : {"", "s", "-1s", "1 d", "1sec"}) EXPECT_FALSE(parse_seconds(text)) << text;
}

TEST(ServiceTimeTest, ReadsSpreadBatchAndParallel) {
  EXPECT_EQ(*parse_service_time("0.2s"), (ServiceTime{.mean_s = 0.2}));
  EXPECT_EQ(*parse_service_time("0.2s~50ms x32 *4"),
            (ServiceTime{.mean_s = 0.2, .spread_s = 0.05, .batch = 32, .parallel = 4}));
  EXPECT_FALSE(parse_service_time("0.2s x0"));
  EXPECT_FALSE(
      parse_service_time("0.2s~"
                         "x"));
}

TEST(ServiceTimeTest, DrawsAroundItsMean) {
  Random random(1);
  const ServiceTime time{.mean_s = 0.2, .spread_s = 0.1};
  double sum = 0, squares = 0;
  constexpr int kDraws = 100'000;
  for (int i = 0; i < kDraws; ++i) {
    const double drawn = std::chrono::duration<double>(time.draw(random)).count();
    EXPECT_GT(drawn, 0);
    sum += drawn;
    squares += drawn * drawn;
  }
  const double mean = sum / kDraws;
  EXPECT_NEAR(mean, 0.2, 0.002);
  EXPECT_NEAR(std::sqrt(squares / kDraws - mean * mean), 0.1, 0.005);
}

TEST(ServiceTimeTest, OneOfADeploymentComesBeforeTheOthers) {
  ServiceTimes times{.otherwise = {.mean_s = 1}};
  ASSERT_TRUE(times.add("Embed=20ms"));
  ASSERT_TRUE(times.add("2s"));
  EXPECT_EQ(times.of("Embed").mean_s, 0.02);
  EXPECT_EQ(times.of("Llm").mean_s, 2);
  EXPECT_FALSE(times.add("Llm=soon"));
}

}  // namespace
}  // namespace manta::simulate
