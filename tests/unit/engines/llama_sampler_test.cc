// The sampler over made-up logits: what each setting alone lets through, and how the penalties move the likeliest.
#include "engines/llama/sampler.h"

#include <gmock/gmock.h>

#include <cmath>
#include <set>

namespace manta::engines::llama {
namespace {

using ::testing::ElementsAre;

// Softmax of these is 0.4, 0.3, 0.2, 0.1 for the tokens 0 to 3, in this order.
std::vector<float> logits() { return {std::log(0.4F), std::log(0.3F), std::log(0.2F), std::log(0.1F)}; }

// The tokens that 400 draws with different seeds pick. One of probability 0.1 is missed once in 10^18.
std::set<Token> drawn(Sampling sampling) {
  std::set<Token> tokens;
  std::vector<llama_token_data> scratch;
  sampling.has_seed = true;
  for (sampling.seed = 0; sampling.seed < 400; ++sampling.seed)
    tokens.insert(Sampler(sampling, {}, 4).sample(logits(), scratch));
  return tokens;
}

// What is taken at temperature 0 step by step from the same logits.
std::vector<Token> taken(Sampling sampling, const std::vector<float>& from, std::size_t steps,
                         const std::vector<Token>& prompt = {}) {
  sampling.temperature = 0;
  Sampler sampler(sampling, prompt, from.size());
  std::vector<llama_token_data> scratch;
  std::vector<Token> tokens;
  for (std::size_t i = 0; i < steps; ++i) tokens.push_back(sampler.sample(from, scratch));
  return tokens;
}

TEST(LlamaSamplerTest, WithNothingSetEveryTokenIsDrawn) { EXPECT_THAT(drawn({}), ElementsAre(0, 1, 2, 3)); }

TEST(LlamaSamplerTest, AtTemperatureZeroTheLikeliestIsTaken) { EXPECT_THAT(drawn({.temperature = 0}), ElementsAre(0)); }

TEST(LlamaSamplerTest, ALowTemperatureDrawsTheLikeliest) { EXPECT_THAT(drawn({.temperature = 0.01}), ElementsAre(0)); }

TEST(LlamaSamplerTest, TopKKeepsTheLikeliestK) {
  EXPECT_THAT(drawn({.top_k = 1}), ElementsAre(0));
  EXPECT_THAT(drawn({.top_k = 2}), ElementsAre(0, 1));
  EXPECT_THAT(drawn({.top_k = 3}), ElementsAre(0, 1, 2));
}

TEST(LlamaSamplerTest, TopPKeepsTheLikeliestUntilTheirSumReachesP) {
  EXPECT_THAT(drawn({.top_p = 0.35}), ElementsAre(0));
  EXPECT_THAT(drawn({.top_p = 0.65}), ElementsAre(0, 1));
  EXPECT_THAT(drawn({.top_p = 0.85}), ElementsAre(0, 1, 2));
}

TEST(LlamaSamplerTest, MinPKeepsWhatIsNotTooFarBelowTheLikeliest) {
  EXPECT_THAT(drawn({.min_p = 0.9}), ElementsAre(0));
  EXPECT_THAT(drawn({.min_p = 0.6}), ElementsAre(0, 1));     // 0.6 * 0.4 = 0.24
  EXPECT_THAT(drawn({.min_p = 0.4}), ElementsAre(0, 1, 2));  // 0.16
}

// The logits differ by 1; a penalty of 1.5 puts a token that was taken once behind the next.
const std::vector<float> kSteps{3, 2, 1, 0};

TEST(LlamaSamplerTest, ThePresencePenaltyCountsATokenOnce) {
  EXPECT_THAT(taken({.max_tokens = 8, .presence_penalty = 1.5}, kSteps, 4), ElementsAre(0, 1, 0, 0));
}

TEST(LlamaSamplerTest, TheFrequencyPenaltyCountsATokenEachTime) {
  // After 0, 1: (1.5, 0.5, 1, 0), so 0 again; then (0, 0.5, 1, 0), so 2.
  EXPECT_THAT(taken({.max_tokens = 8, .frequency_penalty = 1.5}, kSteps, 4), ElementsAre(0, 1, 0, 2));
}

TEST(LlamaSamplerTest, PresenceAndFrequencyLeaveThePromptAlone) {
  EXPECT_THAT(taken({.max_tokens = 8, .presence_penalty = 1.5, .frequency_penalty = 1.5}, kSteps, 1, {0, 0, 0}),
              ElementsAre(0));
}

TEST(LlamaSamplerTest, TheRepeatPenaltyDividesAndCountsThePromptToo) {
  // 3 / 2 is less than 2; then 2 / 2 is less than 3 / 2.
  EXPECT_THAT(taken({.max_tokens = 8, .repeat_penalty = 2}, kSteps, 3), ElementsAre(0, 1, 0));
  EXPECT_THAT(taken({.max_tokens = 8, .repeat_penalty = 2}, kSteps, 1, {0}), ElementsAre(1));
}

TEST(LlamaSamplerTest, NegativePenaltiesRewardRepetition) {
  EXPECT_THAT(taken({.max_tokens = 8, .repeat_penalty = 0.5}, kSteps, 1, {1}), ElementsAre(1));  // 2 / 0.5 = 4
}

TEST(LlamaSamplerTest, ASeedDrawsTheSameAgain) {
  const auto draws = [](std::uint64_t seed) {
    Sampler sampler({.seed = seed, .has_seed = true}, {}, 4);
    std::vector<llama_token_data> scratch;
    std::vector<Token> tokens;
    for (int i = 0; i < 32; ++i) tokens.push_back(sampler.sample(logits(), scratch));
    return tokens;
  };
  EXPECT_EQ(draws(1), draws(1));
  EXPECT_NE(draws(1), draws(2));
}

TEST(LlamaSamplerTest, OfEqualLogitsTheFirstIsTheLikeliest) {
  std::vector<float> many(100, -1.0F);
  many[70] = many[90] = 5;
  EXPECT_EQ(most_likely(many), 70);
}

}  // namespace
}  // namespace manta::engines::llama
