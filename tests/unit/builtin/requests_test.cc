#include "builtin/openai/requests.h"

#include <gmock/gmock.h>

#include <manta/detail/json.h>

namespace manta::builtin::openai {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

template <class T>
T parse(std::string_view json) {
  return value_or_throw(detail::from_json<T>(json, UnknownKeys::Ignore));
}

Result<GenerateRequest> chat(std::string_view json) { return to_generation(parse<ChatRequest>(json)); }

TEST(OpenAiRequestTest, AChatBecomesMessagesAndSampling) {
  const auto made =
      chat(R"({"messages": [{"role": "system", "content": "Be short."}, {"role": "user", "content": "Hi"}],
    "max_tokens": 7, "temperature": 0.5, "top_p": 0.9, "top_k": 40, "min_p": 0.1, "presence_penalty": 1, "frequency_penalty": -1,
    "repeat_penalty": 1.1, "seed": 42, "stop": "END", "ignore_eos": true})");
  ASSERT_TRUE(made);
  ASSERT_EQ(made->messages.size(), 2u);
  EXPECT_EQ(made->messages[1].role, "user");
  EXPECT_EQ(made->messages[1].content, "Hi");
  EXPECT_EQ(made->max_tokens, 7);
  EXPECT_DOUBLE_EQ(made->temperature, 0.5);
  EXPECT_EQ(made->top_k, 40);
  EXPECT_EQ(made->seed, 42u);
  EXPECT_THAT(made->stop, ElementsAre("END"));
  EXPECT_TRUE(made->ignore_eos);
}

struct SamplingField {
  std::string_view name, json;
  double (*in_request)(const GenerateRequest&);
};
class OpenAiSamplingTest : public ::testing::TestWithParam<SamplingField> {};

// Alone, so that no field stands in for another.
TEST_P(OpenAiSamplingTest, EachFieldArrivesInTheGeneration) {
  const std::string given = '"' + std::string(GetParam().name) + R"(": )" + std::string(GetParam().json);
  const auto made = chat(R"({"messages": [{"role": "user", "content": "x"}], )" + given + "}");
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_DOUBLE_EQ(GetParam().in_request(*made), std::stod(std::string(GetParam().json)));
  const auto completions = to_generations(parse<CompletionRequest>(R"({"prompt": "x", )" + given + "}"));
  ASSERT_TRUE(completions);
  EXPECT_DOUBLE_EQ(GetParam().in_request(completions->front()), std::stod(std::string(GetParam().json)));
}

INSTANTIATE_TEST_SUITE_P(
    Fields, OpenAiSamplingTest,
    ::testing::Values(
        SamplingField{"max_tokens", "7", [](const GenerateRequest& made) { return double(made.max_tokens); }},
        SamplingField{"max_completion_tokens", "9",
                      [](const GenerateRequest& made) { return double(made.max_tokens); }},
        SamplingField{"temperature", "0.25", [](const GenerateRequest& made) { return made.temperature; }},
        SamplingField{"top_p", "0.35", [](const GenerateRequest& made) { return made.top_p; }},
        SamplingField{"top_k", "17", [](const GenerateRequest& made) { return double(made.top_k); }},
        SamplingField{"min_p", "0.15", [](const GenerateRequest& made) { return made.min_p; }},
        SamplingField{"presence_penalty", "0.5", [](const GenerateRequest& made) { return made.presence_penalty; }},
        SamplingField{"frequency_penalty", "-0.5", [](const GenerateRequest& made) { return made.frequency_penalty; }},
        SamplingField{"repeat_penalty", "1.5", [](const GenerateRequest& made) { return made.repeat_penalty; }},
        SamplingField{"seed", "42", [](const GenerateRequest& made) { return double(made.seed.value_or(0)); }}),
    [](const auto& field) { return std::string(field.param.name); });

TEST(OpenAiRequestTest, FieldsThatAreNotGivenHaveTheirDefaults) {
  const auto made = chat(R"({"messages": [{"role": "user", "content": "x"}]})");
  EXPECT_EQ(made->max_tokens, 256);
  EXPECT_EQ(made->seed, std::nullopt);
  EXPECT_TRUE(made->stop.empty());
  EXPECT_FALSE(made->ignore_eos);
}

TEST(OpenAiRequestTest, ContentMayBePartsOfText) {
  const auto made = chat(
      R"({"messages": [{"role": "user", "content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]}]})");
  ASSERT_TRUE(made);
  EXPECT_EQ(made->messages[0].content, "ab");
}

TEST(OpenAiRequestTest, NullsCountAsNotGiven) {
  const auto made = chat(R"({"messages": [{"role": "assistant", "content": null}], "stop": null, "max_tokens": null,
                             "temperature": null, "seed": null, "stream_options": null})");
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ(made->messages[0].content, "");
  EXPECT_EQ(made->seed, std::nullopt);
}

TEST(OpenAiRequestTest, TheNewerNameOfMaxTokensWins) {
  EXPECT_EQ(chat(R"({"messages": [{"role": "user", "content": "x"}], "max_tokens": 5, "max_completion_tokens": 9})")
                ->max_tokens,
            9);
}

struct Refused {
  std::string_view fields, param;
};

class OpenAiRefusal : public ::testing::TestWithParam<Refused> {};

TEST_P(OpenAiRefusal, NamesTheField) {
  const auto made = chat(R"({"messages": [{"role": "user", "content": "x"}], )" + std::string(GetParam().fields) + "}");
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code, ErrorCode::InvalidArgument);
  EXPECT_EQ(made.error().detail, GetParam().param);
  EXPECT_THAT(made.error().message, HasSubstr(std::string(GetParam().param)));
}

INSTANTIATE_TEST_SUITE_P(
    Fields, OpenAiRefusal,
    ::testing::Values(Refused{R"("max_tokens": 0)", "max_tokens"}, Refused{R"("temperature": 2.5)", "temperature"},
                      Refused{R"("top_p": -0.1)", "top_p"}, Refused{R"("n": 2)", "n"},
                      Refused{R"("presence_penalty": 3)", "presence_penalty"}, Refused{R"("min_p": 2)", "min_p"},
                      Refused{R"("frequency_penalty": -3)", "frequency_penalty"},
                      Refused{R"("stop": ["a","b","c","d","e","f","g","h","i","j","k","l","m","n","o","p","q"])",
                              "stop"}));

TEST(OpenAiRequestTest, AChatNeedsMessages) {
  EXPECT_EQ(chat("{}").error().detail, "messages");
  EXPECT_EQ(chat(R"({"messages": []})").error().detail, "messages");
  EXPECT_EQ(chat(R"({"messages": [{"content": "x"}]})").error().detail, "messages[0].role");
}

TEST(OpenAiRequestTest, OnlyAnAssistantMayHaveSaidNothing) {
  for (const std::string content : {"", R"(, "content": null)"})
    for (const std::string role : {"user", "system", "tool"}) {
      const auto made = chat(R"({"messages": [{"role": ")" + role + '"' + content + "}]}");
      ASSERT_FALSE(made) << role << content;
      EXPECT_EQ(made.error().code, ErrorCode::InvalidArgument);
      EXPECT_EQ(made.error().detail, "messages[0].content");
      EXPECT_THAT(made.error().message, HasSubstr("messages[0].content"));
    }
  const auto made = chat(R"({"messages": [{"role": "user", "content": "Add 1 and 2"},
      {"role": "assistant", "content": null, "tool_calls": [{"id": "1"}]}, {"role": "tool", "content": "3"}]})");
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ(made->messages[1].content, "");
}

TEST(OpenAiRequestTest, LimitsAreWrittenInFull) {
  EXPECT_EQ(chat(R"({"messages": [{"role": "user", "content": "x"}], "max_tokens": 99999999})").error().message,
            "'max_tokens' is 99999999, but must be from 1 to 1048576");
  EXPECT_EQ(chat(R"({"messages": [{"role": "user", "content": "x"}], "temperature": 2.5})").error().message,
            "'temperature' is 2.5, but must be from 0 to 2");
}

TEST(OpenAiRequestTest, PicturesAreRefused) {
  const auto made = chat(R"({"messages": [{"role": "user", "content": [{"type": "image_url", "text": ""}]}]})");
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().detail, "messages[0].content");
}

TEST(OpenAiRequestTest, AWrongTypeNamesItsPath) {
  const auto parsed =
      detail::from_json<ChatRequest>(R"({"messages": [{"role": "user", "content": 7}]})", UnknownKeys::Ignore);
  ASSERT_FALSE(parsed);
  EXPECT_EQ(parsed.error().detail, "$.messages[0].content");
}

TEST(OpenAiRequestTest, UnknownFieldsAreCounted) {
  std::size_t ignored = 0;
  const auto parsed = detail::from_json<ChatRequest>(
      R"({"messages": [{"role": "user", "content": "x", "name": "me"}], "logit_bias": {}, "user": "u"})",
      UnknownKeys::Ignore, &ignored);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(ignored, 3u);
}

TEST(OpenAiRequestTest, EachPromptIsAGeneration) {
  const auto made = to_generations(parse<CompletionRequest>(R"({"prompt": ["a", "b"], "stop": ["x", "y"]})"));
  ASSERT_TRUE(made);
  ASSERT_EQ(made->size(), 2u);
  EXPECT_EQ((*made)[1].prompt, "b");
  EXPECT_EQ((*made)[1].max_tokens, 16);
  EXPECT_THAT((*made)[1].stop, ElementsAre("x", "y"));
}

TEST(OpenAiRequestTest, SeveralPromptsAreNotStreamed) {
  EXPECT_EQ(to_generations(parse<CompletionRequest>(R"({"prompt": ["a", "b"], "stream": true})")).error().detail,
            "prompt");
  EXPECT_EQ(to_generations(parse<CompletionRequest>("{}")).error().detail, "prompt");
}

TEST(OpenAiRequestTest, UsageIsStreamedOnRequestOnly) {
  EXPECT_FALSE(wants_usage(parse<SamplingFields>("{}")));
  EXPECT_FALSE(wants_usage(parse<SamplingFields>(R"({"stream_options": {}})")));
  EXPECT_TRUE(wants_usage(parse<SamplingFields>(R"({"stream_options": {"include_usage": true}})")));
}

}  // namespace
}  // namespace manta::builtin::openai
