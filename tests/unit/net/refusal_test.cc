// Requests the server answers itself are told to who counts them.

#include "net_fixture.h"
#include "raw_http2.h"

namespace manta::net {
namespace {

class RefusalTest : public NetTest {
 protected:
  void serve_and_note(ServerOptions options = {}) {
    serve_and_hold(options);
    server->on_refusal([this](const Request& request, int status) {
      noted.push_back(request.method + " " + request.target + " " + std::to_string(status));
      return "id-" + std::to_string(noted.size());
    });
  }
  std::string ask_http1(std::string_view bytes) {
    auto peer = connect_raw();
    return exchange_raw(peer, bytes);
  }
  std::vector<raw::Frame> ask_http2(std::string_view more, bool post = false) {
    auto peer = connect_raw();
    const int end = post ? 0 : raw::kEndStream;
    return raw::parse(exchange_raw(
        peer, raw::hello() + raw::frame(raw::kHeaders, raw::kEndHeaders | end, 1, raw::request("/x", more, post))));
  }
  std::vector<std::string> noted;
};

TEST_F(RefusalTest, OnHttp1IsToldWithWhatIsKnownOfTheRequestAndCarriesItsId) {
  serve_and_note({.max_header_bytes = 10'000, .max_body_bytes = 100});
  const auto large = ask_http1("POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 101\r\n\r\n");
  EXPECT_TRUE(large.contains("x-request-id: id-1\r\n")) << large;
  EXPECT_TRUE(large.contains(R"("request_id":"id-1")")) << large;
  ask_http1("GET / HTTP/1.1\r\nHost: a b\r\n\r\n");
  ask_http1("GET /" + std::string(9000, 'x'));
  ask_http1("GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(11'000, 'x'));
  EXPECT_EQ(noted, (std::vector<std::string>{"POST /x 413", "GET / 400", "  414", "  431"}));
}

TEST_F(RefusalTest, OfARequestThatIsLateOnHttp1IsToldOnce) {
  serve_and_note();
  auto peer = connect_raw();
  exchange_raw(peer, "POST /late HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n");
  pass(std::chrono::seconds(31));
  EXPECT_TRUE(peer.receive().contains("x-request-id: id-1\r\n"));
  pass(std::chrono::seconds(31));
  EXPECT_EQ(noted, std::vector<std::string>{"POST /late 408"});
}

TEST_F(RefusalTest, OnHttp2IsToldAndCarriesItsId) {
  serve_and_note({.max_header_bytes = 1000, .max_body_bytes = 100});
  const auto frames = ask_http2(raw::field("content-length", "101"), true);
  ASSERT_NE(raw::find(frames, raw::kHeaders), nullptr);
  ASSERT_NE(raw::find(frames, raw::kData), nullptr);
  EXPECT_TRUE(raw::find(frames, raw::kData)->payload.contains(R"("request_id":"id-1")"));
  std::string large;
  for (int i = 0; i < 10; ++i) large += raw::field("x-filler", std::string(120, 'x'));
  ask_http2(large);
  EXPECT_EQ(noted, (std::vector<std::string>{"POST /x 413", "GET /x 431"}));
}

TEST_F(RefusalTest, ForWantOfBudgetIsTold) {
  serve_and_note();
  ASSERT_TRUE(budget.take(256 << 20));
  ask_http1("POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n");
  ask_http2(raw::field("content-length", "10"), true);
  EXPECT_EQ(noted, (std::vector<std::string>{"POST /x 503", "POST /x 503"}));
  budget.give(256 << 20);
}

TEST_F(RefusalTest, OfARequestOfTheHandlerIsNotTold) {
  serve_and_note();
  ask_http1("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  exchanges.at(0)->respond({.status = 404});
  settle();
  EXPECT_TRUE(noted.empty());
}

}  // namespace
}  // namespace manta::net
