#include "ingress/error_reply.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace manta::ingress {
namespace {

TEST(ErrorReplyTest, StatusRetryAfterAndTextFollowTheCode) {
  struct Case {
    Error error;
    int status;
    std::string retry_after;  // empty: no header
    std::string text;
  };
  const std::vector<Case> cases{
      {{.code = ErrorCode::InvalidArgument, .message = "no"}, 400, "", "no"},
      {{.code = ErrorCode::NotFound, .message = "no"}, 404, "", "no"},
      {{.code = ErrorCode::DeadlineExceeded, .message = "late"}, 408, "", "late"},
      {{.code = ErrorCode::Overloaded, .message = "full", .retry_after_s = 1.2}, 503, "2", "full"},
      {{.code = ErrorCode::Overloaded, .message = "full", .status = 429, .retry_after_s = 0.01}, 429, "1", "full"},
      {{.code = ErrorCode::Overloaded, .message = "full"}, 503, "1", "full"},
      {{.code = ErrorCode::Unavailable, .message = "none"}, 503, "1", "none"},
      {{.code = ErrorCode::ReplicaDied, .message = "died", .maybe_executed = true}, 503, "", "died"},
      {{.code = ErrorCode::AppError, .message = "secret.cc:12"}, 500, "", "Internal Server Error"},
      {{.code = ErrorCode::AppError, .message = "teapot", .status = 418}, 418, "", "teapot"},
      {{.code = ErrorCode::Internal, .message = "bug"}, 500, "", "Internal Server Error"},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.error.message);
    const auto reply = error_reply(c.error, "r1", false);
    EXPECT_EQ(reply.status, c.status);
    EXPECT_EQ(reply.headers.get("retry-after").value_or(""), c.retry_after);
    EXPECT_EQ(reply.body, c.text);
    EXPECT_EQ(reply.headers.get("content-type"), "text/plain; charset=utf-8");
    EXPECT_EQ(reply.headers.get("x-request-id"), "r1");
  }
}

TEST(ErrorReplyTest, JsonCarriesEveryFieldThatIsSet) {
  const Error error{.code = ErrorCode::ReplicaDied,
                    .message = "lost",
                    .detail = "$.items[3]",
                    .maybe_executed = true,
                    .retry_after_s = 1.5};
  EXPECT_EQ(
      error_json(error, "r1"),
      R"({"error":{"type":"ReplicaDied","code":"replica_died","param":null,"message":"lost","detail":"$.items[3]","request_id":"r1",)"
      R"("retry_after_s":1.5,"maybe_executed":true}})");
  EXPECT_EQ(error_json({.code = ErrorCode::NotFound, .message = "x"}, ""),
            R"({"error":{"type":"NotFound","code":"not_found","param":null,"message":"x"}})");
}

TEST(ErrorReplyTest, BytesOfAClientCannotBreakTheJson) {
  const std::string path =
      std::string("/a\"\\\n\x01\xff\xc3\xa9\xe2\x82") + std::string("\xed\xa0\x80\xf0\x9f\x90\x9f");
  const auto json = error_json(path_not_found(path), "");
  const std::string bad = "\xef\xbf\xbd";
  EXPECT_NE(json.find("/a\\\"\\\\\\n\\u0001" + bad + "\xc3\xa9" + bad + bad + bad + bad + bad + "\xf0\x9f\x90\x9f'"),
            std::string::npos)
      << json;
}

TEST(ErrorReplyTest, AnUnknownPathNamesTheRoutesPage) {
  EXPECT_EQ(path_not_found("/x").message, "Path '/x' not found. Ping http://.../-/routes for available routes.");
}

TEST(ErrorReplyTest, TheErrorEventIsOneEvent) {
  EXPECT_EQ(error_event({.code = ErrorCode::ReplicaDied, .message = "lost\nnow"}, "r1"),
            "event: error\ndata: "
            "{\"error\":{\"type\":\"ReplicaDied\",\"code\":\"replica_died\",\"param\":null,\"message\":\"lost\\nnow\","
            "\"request_id\":\"r1\"}}\n\n");
}

}  // namespace
}  // namespace manta::ingress
