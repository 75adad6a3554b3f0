#include "engines/generation/generation.h"

#include <gtest/gtest.h>

#include <limits>

#include "unit/engines/recording_sink.h"

namespace manta::engines {
namespace {

struct Fixture {
  std::shared_ptr<RecordingSink> sink = std::make_shared<RecordingSink>();
  Generation start(Sampling sampling) {
    return Generation({.id = 1, .prompt = {1, 2, 3}, .sampling = std::move(sampling), .sink = sink}, 2);
  }
};

TEST(GenerationTest, EndsWithLengthAfterMaxTokens) {
  Fixture f;
  Generation generation = f.start({.max_tokens = 2});
  EXPECT_EQ(generation.push("a", false), std::nullopt);
  EXPECT_EQ(generation.push("b", false), FinishReason::Length);
  generation.finish(FinishReason::Length);
  const auto outcome = f.sink->wait();
  EXPECT_EQ(outcome.text, "ab");
  EXPECT_EQ(outcome.usage.prompt_tokens, 3U);
  EXPECT_EQ(outcome.usage.completion_tokens, 2U);
  EXPECT_EQ(outcome.usage.cached_tokens, 2U);
}

TEST(GenerationTest, EndTokenStopsAndIsNotShown) {
  Fixture f;
  Generation generation = f.start({.max_tokens = 9});
  EXPECT_EQ(generation.push("<|im_end|>", true), FinishReason::Stop);
  generation.finish(FinishReason::Stop);
  EXPECT_EQ(f.sink->wait().text, "");
  EXPECT_EQ(f.sink->wait().usage.completion_tokens, 1U);
}

TEST(GenerationTest, IgnoreEosGoesOn) {
  Fixture f;
  Generation generation = f.start({.max_tokens = 9, .ignore_eos = true});
  EXPECT_EQ(generation.push("<|im_end|>", true), std::nullopt);
}

TEST(GenerationTest, StopStringEndsTheTextBeforeIt) {
  Fixture f;
  Generation generation = f.start({.max_tokens = 9, .stop = {"##"}});
  EXPECT_EQ(generation.push("one #", false), std::nullopt);
  EXPECT_EQ(generation.push("# two", false), FinishReason::Stop);
  generation.finish(FinishReason::Stop);
  EXPECT_EQ(f.sink->wait().text, "one ");
}

TEST(GenerationTest, LetsHeldTextOutAtTheEnd) {
  Fixture f;
  Generation generation = f.start({.max_tokens = 1, .stop = {"##"}});
  EXPECT_EQ(generation.push("one #\xE6", false), FinishReason::Length);
  generation.finish(FinishReason::Length);
  EXPECT_EQ(f.sink->wait().text, "one #\uFFFD");
}

TEST(GenerationTest, ReportsEachToken) {
  Fixture f;
  Generation generation = f.start({.max_tokens = 3});
  generation.push("\xE6\x9D", false);
  generation.push("\xB1", false);
  EXPECT_EQ(generation.push("!", false), FinishReason::Length);
  generation.finish(FinishReason::Length);
  EXPECT_EQ(f.sink->wait().tokens, 3U);
  EXPECT_EQ(f.sink->wait().pieces, (std::vector<std::string>{"", "東", "!"}));
}

TEST(SamplingTest, RefusesWhatNoEngineCanHonour) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  struct Case {
    Sampling sampling;
    std::string field;
  };
  for (const Case& c :
       {Case{{.max_tokens = 0}, "max_tokens"}, Case{{.temperature = -1}, "temperature"},
        Case{{.temperature = nan}, "temperature"}, Case{{.top_p = 0}, "top_p"}, Case{{.top_p = 1.1}, "top_p"},
        Case{{.top_k = -1}, "top_k"}, Case{{.min_p = 2}, "min_p"}, Case{{.presence_penalty = 3}, "presence_penalty"},
        Case{{.repeat_penalty = 0}, "repeat_penalty"}, Case{{.stop = {""}}, "stop"}}) {
    const auto result = validate(c.sampling);
    ASSERT_FALSE(result) << c.field;
    EXPECT_EQ(result.error().code, ErrorCode::InvalidArgument);
    EXPECT_EQ(result.error().detail, c.field);
  }
  EXPECT_TRUE(validate({}));
}

}  // namespace
}  // namespace manta::engines
