#include "ingress/request_terms.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "ingress/outbound.h"
#include "ingress/request_id.h"

namespace manta::ingress {
namespace {

TEST(RequestTermsTest, HeadersSayHowToServeTheRequest) {
  const net::Headers headers{{"content-type", "application/json; charset=utf-8"},
                             {"accept", "text/html, Text/Event-Stream;q=0.9"},
                             {"x-request-id", "abc-1"},
                             {"traceparent", "00-1-2-01"},
                             {"x-request-timeout-seconds", "2.5"},
                             {"x-request-disconnect-disabled", "?1"},
                             {"idempotency-key", "k"},
                             {"x_session_id", "s1"},
                             {"serve-multiplexed-model-id", "m1"}};
  const auto terms = read_terms(headers);
  ASSERT_TRUE(terms);
  EXPECT_EQ(terms->request_id, "abc-1");
  EXPECT_EQ(terms->session_id, "s1");
  EXPECT_EQ(terms->model_id, "m1");
  EXPECT_EQ(terms->traceparent, "00-1-2-01");
  EXPECT_EQ(terms->timeout_s, 2.5);
  EXPECT_TRUE(terms->sends_json);
  EXPECT_FALSE(terms->accepts_json);
  EXPECT_TRUE(terms->accepts_events);
  EXPECT_TRUE(terms->outlives_client);
  EXPECT_TRUE(terms->has_idempotency_key);
}

TEST(RequestTermsTest, ATimeoutThatIsNotANumberIsRefused) {
  for (const auto* text : {"", "soon", "1s", "nan", "inf", "1,5"}) {
    const auto terms = read_terms(net::Headers{{"x-request-timeout-seconds", text}});
    ASSERT_FALSE(terms) << text;
    EXPECT_EQ(terms.error().code, ErrorCode::InvalidArgument);
  }
  EXPECT_EQ(read_terms(net::Headers{{"x-request-timeout-seconds", "-1"}})->timeout_s, -1);
}

TEST(RequestTermsTest, TheSessionMayHaveAHeaderOfItsOwn) {
  const net::Headers headers{{"x_user-id", "u7"}, {"x-session-id", "s1"}};
  EXPECT_EQ(read_terms(headers, "x-user-id")->session_id, "u7");
  EXPECT_EQ(read_terms(headers)->session_id, "s1");
}

TEST(RequestTermsTest, PriorityAndTenantComeFromTheirHeaders) {
  const net::Headers headers{{"x-request-priority", "-3"}, {"x-tenant-id", "acme"}};
  const auto terms = read_terms(headers);
  ASSERT_TRUE(terms);
  EXPECT_EQ(terms->priority, -3);
  EXPECT_EQ(terms->tenant, "acme");
  EXPECT_EQ(read_terms(net::Headers{})->priority, 0);
  for (const auto* text : {"", "high", "1.5", "5 ", "99999999999"}) {
    const auto refused = read_terms(net::Headers{{"x-request-priority", text}});
    ASSERT_FALSE(refused) << text;
    EXPECT_EQ(refused.error().code, ErrorCode::InvalidArgument);
  }
}

TEST(RequestTermsTest, ARawRequestCarriesItsTenantOnce) {
  const net::Headers to = end_to_end({{"x-tenant-id", "acme"}, {"x-other", "1"}});
  EXPECT_FALSE(to.has("x-tenant-id")) << "the context adds it";
  EXPECT_TRUE(to.has("x-other"));
}

TEST(RequestTermsTest, ARequestIdIsTakenOnlyIfItIsSane) {
  for (const std::string& id :
       {std::string("a b"), std::string("a\"b"), std::string("\xc3\xa9"), std::string(129, 'a')})
    EXPECT_TRUE(read_terms(net::Headers{{"x-request-id", id}})->request_id.empty()) << id;
  EXPECT_EQ(read_terms(net::Headers{{"x-request-id", std::string(128, 'a')}})->request_id.size(), 128U);
}

TEST(RequestTermsTest, JsonErrorsGoToClientsThatSpeakJson) {
  const auto prefers = [](net::Headers headers, std::string_view body) {
    return prefers_json(*read_terms(headers), body);
  };
  EXPECT_FALSE(prefers({{"accept", "*/*"}}, ""));
  EXPECT_FALSE(prefers({{"accept", "text/html"}}, "hello"));
  EXPECT_TRUE(prefers({{"accept", "application/json"}}, ""));
  EXPECT_TRUE(prefers({{"accept", "application/problem+json"}}, ""));
  EXPECT_TRUE(prefers({{"content-type", "application/json"}}, ""));
  EXPECT_FALSE(prefers({{"accept", "text/plain"}, {"content-type", "application/json"}}, "{}"));
  EXPECT_TRUE(prefers({{"accept", "text/html, */*;q=0.1"}}, "{}"));
  EXPECT_TRUE(prefers({{"content-type", "application/x-www-form-urlencoded"}}, " {\"a\":1}"));
}

TEST(RequestIdSourceTest, IdsDifferWithinAndBetweenProcesses) {
  std::set<std::string> seen;
  for (const std::uint64_t seed : {1U, 2U}) {
    RequestIdSource source(seed);
    for (int i = 0; i < 1000; ++i) seen.insert(source.next());
  }
  EXPECT_EQ(seen.size(), 2000U);
  EXPECT_EQ(seen.begin()->size(), 15U);
  EXPECT_TRUE(is_sane_request_id(*seen.begin()));
}

net::Request incoming() {
  net::Request request{.method = "PUT", .target = "/rag/doc?x=1", .body = "{\"a\": 1}"};
  request.headers = {{"content-type", "application/x-www-form-urlencoded"},
                     {"accept", "text/event-stream"},
                     {"connection", "close"},
                     {"transfer-encoding", "chunked"},
                     {"x-manta-priority", "9"},
                     {"x-manta-method", "forged"},
                     {"cookie", "c=1"},
                     {"traceparent", "t"},
                     {"x-session-id", "s"}};
  return request;
}

class OutboundTest : public ::testing::Test {
 protected:
  VirtualClock clock;
  Loop loop{clock};
  net::BodyBuffers bodies{loop};
};

TEST_F(OutboundTest, ATypedMethodGetsItsBodyAsJsonAndFewHeaders) {
  net::Request request = incoming();
  const auto terms = *read_terms(request.headers);
  const auto outbound = make_outbound(request, {.method = "query"}, terms, nullptr, bodies);
  EXPECT_EQ(outbound.method, "query");
  EXPECT_EQ(outbound.verb, "POST");
  EXPECT_EQ(outbound.target, "");
  EXPECT_EQ(*outbound.body, "{\"a\": 1}");
  EXPECT_EQ(outbound.headers.size(), 2U);
  EXPECT_EQ(outbound.headers.get("content-type"), "application/json");
  EXPECT_EQ(outbound.headers.get("accept"), "text/event-stream");
  EXPECT_EQ(outbound.window, 32U << 10);
}

TEST_F(OutboundTest, ARawMethodGetsTheRequestAsItCameButForHeadersOfTheHop) {
  net::Request request = incoming();
  const auto terms = *read_terms(request.headers);
  const auto outbound = make_outbound(request, {.method = "doc", .raw_http = true}, terms, nullptr, bodies);
  EXPECT_EQ(outbound.verb, "PUT");
  EXPECT_EQ(outbound.target, "/rag/doc?x=1");
  EXPECT_EQ(outbound.headers.get("x-manta-method"), "doc");
  EXPECT_EQ(outbound.headers.get("cookie"), "c=1");
  EXPECT_EQ(outbound.headers.get("content-type"), "application/x-www-form-urlencoded");
  for (const auto* name : {"connection", "transfer-encoding", "x-manta-priority", "traceparent", "x-session-id"})
    EXPECT_FALSE(outbound.headers.has(name)) << name;
}

}  // namespace
}  // namespace manta::ingress
