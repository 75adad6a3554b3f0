#include "ingress/refused_requests.h"

#include <unistd.h>

#include "proxy_fixture.h"

namespace manta::ingress {
namespace {

class RefusedRequestsTest : public ProxyTest {
 protected:
  RefusedRequestsTest() {
    server_->on_refusal([this](const net::Request& request, int status) { return refused_.note(request, status); });
  }
  static std::string post(std::string_view more) {
    return "POST /rag/query HTTP/1.1\r\nHost: a\r\n" + std::string(more) + "\r\n\r\n";
  }
  RefusedRequests refused_{metrics_, nullptr, 5};
};

TEST_F(RefusedRequestsTest, CountAsUnmatched) {
  ask(post("Content-Length: 67108865"));
  ask(post("Content-Length: 67108865"));
  ask("GET /\x01 HTTP/1.1\r\nHost: a\r\n\r\n");
  const std::string large = R"(application="",method="POST",route="unmatched",status_code="413"})";
  EXPECT_EQ(metric("ray_serve_num_http_requests{" + large), "ray_serve_num_http_requests{" + large + " 2");
  const std::string errors = R"(ray_serve_num_http_error_requests{application="",error_code="413",method="POST",)"
                             R"(route="unmatched"})";
  EXPECT_EQ(metric(errors), errors + " 2");
  const std::string unknown = R"(application="",method="OTHER",route="unmatched",status_code="400"})";
  EXPECT_EQ(metric("ray_serve_num_http_requests{" + unknown), "ray_serve_num_http_requests{" + unknown + " 1");
}

TEST_F(RefusedRequestsTest, ShareTheirSeriesWithPathsThatHaveNoRoute) {
  const auto missing = ask("GET /nowhere HTTP/1.1\r\nHost: a\r\n\r\n");
  ASSERT_TRUE(missing.starts_with("HTTP/1.1 404 ")) << missing;
  refused_.note({.method = "GET", .target = "/nowhere"}, 404);
  const std::string both =
      R"(ray_serve_num_http_requests{application="",method="GET",route="unmatched",status_code="404"})";
  EXPECT_EQ(metric(both), both + " 2");
}

TEST_F(RefusedRequestsTest, CarryAnIdOfTheirOwnOrTheOneTheClientGave) {
  const auto first = ask(post("Content-Length: 67108865"));
  const auto second = ask(post("Content-Length: 67108865"));
  const auto id_in = [](std::string_view answer) {
    const auto at = answer.find("x-request-id: ");
    return at == std::string_view::npos ? std::string() : std::string(answer.substr(at + 14, 15));
  };
  EXPECT_EQ(id_in(first).find_first_not_of("0123456789abcdefghjkmnpqrstvwxyz"), std::string::npos) << first;
  EXPECT_EQ(id_in(first).size(), 15u);
  EXPECT_NE(id_in(first), id_in(second));
  EXPECT_TRUE(first.contains(R"("request_id":")" + id_in(first) + '"')) << first;
  EXPECT_TRUE(ask(post("X-Request-ID: mine\r\nContent-Length: 67108865")).contains("x-request-id: mine\r\n"));
  EXPECT_FALSE(ask(post("X-Request-ID: \"quoted\"\r\nContent-Length: 67108865")).contains("quoted"));
}

TEST_F(RefusedRequestsTest, AreInTheAccessLog) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe(ends.data()), 0);
  {
    AccessLog log(ends[1]);
    RefusedRequests refused(metrics_, &log, 5);
    refused.note({.method = "POST", .target = "/x?y", .headers = {{"x-request-id", "mine"}}}, 413);
    refused.note({}, 408);
  }
  ::close(ends[1]);
  std::array<char, 4096> buffer;
  const auto size = ::read(ends[0], buffer.data(), buffer.size());
  ::close(ends[0]);
  const std::string_view lines(buffer.data(), static_cast<std::size_t>(std::max<ssize_t>(size, 0)));
  EXPECT_TRUE(lines.contains("POST /x 413 ")) << lines;
  EXPECT_TRUE(lines.contains("request_id=mine")) << lines;
  EXPECT_TRUE(lines.contains("- - 408 ")) << lines;
}

}  // namespace
}  // namespace manta::ingress
