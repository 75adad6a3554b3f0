#include "builtin/llm_request.h"

#include <gmock/gmock.h>

namespace manta::builtin {
namespace {

using ::testing::ElementsAre;

TEST(LlmRequestTest, EverySettingReachesTheEngine) {
  const auto made = to_engine({.prompt = "p",
                               .max_tokens = 7,
                               .temperature = 0.11,
                               .top_p = 0.22,
                               .top_k = 33,
                               .min_p = 0.44,
                               .presence_penalty = 0.55,
                               .frequency_penalty = 0.66,
                               .repeat_penalty = 1.77,
                               .seed = 88,
                               .stop = {"a", "b"},
                               .ignore_eos = true});
  EXPECT_EQ(made.prompt, "p");
  EXPECT_EQ(made.sampling.max_tokens, 7);
  EXPECT_DOUBLE_EQ(made.sampling.temperature, 0.11);
  EXPECT_DOUBLE_EQ(made.sampling.top_p, 0.22);
  EXPECT_EQ(made.sampling.top_k, 33);
  EXPECT_DOUBLE_EQ(made.sampling.min_p, 0.44);
  EXPECT_DOUBLE_EQ(made.sampling.presence_penalty, 0.55);
  EXPECT_DOUBLE_EQ(made.sampling.frequency_penalty, 0.66);
  EXPECT_DOUBLE_EQ(made.sampling.repeat_penalty, 1.77);
  EXPECT_TRUE(made.sampling.has_seed);
  EXPECT_EQ(made.sampling.seed, 88u);
  EXPECT_THAT(made.sampling.stop, ElementsAre("a", "b"));
  EXPECT_TRUE(made.sampling.ignore_eos);
}

TEST(LlmRequestTest, WithoutASeedTheEngineDrawsOne) { EXPECT_FALSE(to_engine({.prompt = "p"}).sampling.has_seed); }

TEST(LlmRequestTest, MessagesKeepTheirRoles) {
  const auto made = to_engine({.messages = {{"system", "be"}, {"user", "hi"}}});
  ASSERT_EQ(made.messages.size(), 2u);
  EXPECT_EQ(made.messages[0].role, "system");
  EXPECT_EQ(made.messages[1].content, "hi");
}

TEST(LlmRequestTest, WhatCannotFitIsRefusedUnread) {
  check_size({.prompt = std::string(8 * 256, 'x')}, 8);
  EXPECT_THROW(check_size({.prompt = std::string(8 * 256 + 1, 'x')}, 8), Exception);
  EXPECT_THROW(check_size({.messages = {{"user", std::string(8 * 256, 'x')}}}, 8), Exception);
}

}  // namespace
}  // namespace manta::builtin
