#include "builtin/openai/answer.h"

#include <gmock/gmock.h>

namespace manta::builtin::openai {
namespace {

using ::testing::Contains;
using ::testing::MatchesRegex;
using ::testing::Pair;
using ::testing::StartsWith;

ErrorFields fields_of(const Error& error) {
  return value_or_throw(detail::from_json<ErrorReply>(error_json(error))).error;
}

TEST(OpenAiErrorTest, AFaultOfARequestNamesTheField) {
  const ErrorFields fields =
      fields_of({.code = ErrorCode::InvalidArgument, .message = "no", .detail = "$.messages[0].role"});
  EXPECT_EQ(fields.message, "no");
  EXPECT_EQ(fields.type, "invalid_request_error");
  EXPECT_EQ(fields.param, "messages[0].role");
  EXPECT_EQ(fields.code, std::nullopt);
}

TEST(OpenAiErrorTest, AFileIsNoField) {
  EXPECT_EQ(fields_of({.code = ErrorCode::NotFound, .message = "no", .detail = "/models/x"}).param, std::nullopt);
  EXPECT_EQ(fields_of({.code = ErrorCode::InvalidArgument, .message = "no", .detail = "$"}).param, std::nullopt);
}

TEST(OpenAiErrorTest, AnUnknownModelHasItsCode) {
  const Error error = unknown_model("gpt-5", "a, b").error();
  EXPECT_EQ(http_status(error), 404);
  EXPECT_EQ(fields_of(error).code, "model_not_found");
  EXPECT_EQ(fields_of(error).param, "model");
}

TEST(OpenAiErrorTest, APromptThatIsTooLongHasItsCode) {
  const ErrorFields fields = fields_of(
      {.code = ErrorCode::InvalidArgument, .message = "the prompt has 9 tokens, but the context holds 8; shorten it"});
  EXPECT_EQ(fields.code, "context_length_exceeded");
}

TEST(OpenAiErrorTest, OverloadSaysWhenToComeBack) {
  const HttpResponse response =
      error_response({.code = ErrorCode::Overloaded, .message = "full", .retry_after_s = 1.2});
  EXPECT_EQ(response.status, 503);
  EXPECT_THAT(response.headers, Contains(Pair("retry-after", "2")));
  EXPECT_EQ(fields_of({.code = ErrorCode::Overloaded, .message = "full", .status = 429}).type, "rate_limit_error");
}

TEST(OpenAiErrorTest, TextThatIsNoUtf8StillMakesAnAnswer) {
  EXPECT_EQ(fields_of({.code = ErrorCode::AppError, .message = "bad \xff"}).type, "server_error");
}

TEST(OpenAiAnswerTest, IdsDiffer) {
  EXPECT_THAT(new_id("cmpl-"), StartsWith("cmpl-"));
  EXPECT_NE(new_id("cmpl-"), new_id("cmpl-"));
  EXPECT_THAT(new_id("cmpl-").substr(5), MatchesRegex("[0-9A-Za-z]{24}"));
}

}  // namespace
}  // namespace manta::builtin::openai
