// Streams from clients into methods.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "unit/ingress/proxy_fixture.h"

namespace manta::ingress {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr std::string_view kHead = "POST /rag/sum HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n";

class ProxyInputTest : public ProxyTest {
 protected:
  ProxyInputTest() {
    auto snapshot = standard_snapshot();
    snapshot.stamp = {1, 2};
    snapshot.deployments[0].edit().methods = {
        {.name = "sum", .streams = true, .takes_stream = true, .takes_values = false},
        {.name = "scale", .streams = true, .takes_stream = true, .takes_values = true},
        {.name = "query"}};
    publish(snapshot);
    answers["/-/input"] = [this](net::ExchangePtr exchange) {
      inputs.push_back(exchange->request());
      if (takes_input)
        exchange->respond({.status = input_status});
      else
        held.push_back(std::move(exchange));
    };
  }
  ~ProxyInputTest() override { held.clear(); }

  static std::string chunk(std::string_view bytes) {
    return std::string(1, "0123456789abcdef"[bytes.size()]) + "\r\n" + std::string(bytes) + "\r\n";
  }
  // Items of one request, each with its five bytes before it.
  static std::string framed(std::string_view item) {
    return std::string(4, '\0') + static_cast<char>(item.size()) + std::string(item);
  }
  // What the replica has been sent of the stream.
  std::string sent() const {
    std::string all;
    for (const net::Request& request : inputs) all += request.body;
    return all;
  }

  std::vector<net::Request> inputs;
  std::vector<net::ExchangePtr> held;
  bool takes_input = true;
  int input_status = 200;
};

TEST_F(ProxyInputTest, EachLineGoesOnWhenItComesAndTheAnswerComesBackMeanwhile) {
  const auto sender = client();
  sender->send(kHead);
  ASSERT_EQ(waiting.size(), 1u);
  EXPECT_EQ(waiting[0]->request().target, "/sum");
  EXPECT_TRUE(waiting[0]->request().headers.has(net::wire::kInput));
  sender->send(chunk("1\n"));
  EXPECT_EQ(sent(), framed("1"));
  waiting[0]->start(200, {{"content-type", "application/jsonl"}});
  waiting[0]->write("10\n");
  EXPECT_THAT(sender->receive(), EndsWith("3\r\n10\n\r\n"));
  sender->send(chunk("2\n"));
  EXPECT_EQ(sent(), framed("1") + framed("2"));
  sender->send("0\r\n\r\n");
  EXPECT_EQ(inputs.back().headers.get(net::wire::kStatus), "ok");
  waiting[0]->finish();
  EXPECT_EQ(sender->receive(), "0\r\n\r\n");
}

TEST_F(ProxyInputTest, TheFirstLineIsTheArgumentsOfAMethodThatHasThem) {
  const auto sender = client();
  sender->send("POST /rag/scale HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n");
  EXPECT_TRUE(waiting.empty()) << "it is not sent without its arguments";
  sender->send(chunk("[3]\n7\n"));
  ASSERT_EQ(waiting.size(), 1u);
  EXPECT_EQ(waiting[0]->request().body, "[3]");
  EXPECT_EQ(sent(), framed("7"));
}

TEST_F(ProxyInputTest, ArgumentsThatDoNotComeAreWaitedForHalfAMinute) {
  const auto sender = client();
  sender->send("POST /rag/scale HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n");
  advance(std::chrono::seconds(31));
  EXPECT_THAT(sender->receive(), StartsWith("HTTP/1.1 408"));
  EXPECT_TRUE(requests.empty());
}

TEST_F(ProxyInputTest, WhileTheMethodHasNoRoomNothingMoreIsSent) {
  takes_input = false;
  const auto sender = client();
  sender->send(kHead);
  sender->send(chunk("1\n"));
  sender->send(chunk("2\n"));
  sender->send(chunk("3\n"));
  EXPECT_EQ(sent(), framed("1"));
  takes_input = true;
  held[0]->respond({.status = 200});
  loop_.poll();
  EXPECT_EQ(sent(), framed("1") + framed("2") + framed("3"));
  EXPECT_EQ(inputs.size(), 2u) << "what came meanwhile goes in one request";
}

TEST_F(ProxyInputTest, ABodyThatIsNoneEndsTheStreamWithTheReason) {
  const auto sender = client();
  sender->send(kHead);
  sender->send(chunk("1\n") + "zz\r\n");
  ASSERT_FALSE(inputs.empty());
  EXPECT_EQ(inputs.back().headers.get(net::wire::kStatus), "InvalidArgument");
  EXPECT_THAT(std::string(inputs.back().headers.get(net::wire::kErrorJson).value_or("")), HasSubstr("malformed"));
  waiting.at(0)->respond({.status = 400, .body = "no"});
  EXPECT_THAT(sender->receive(), StartsWith("HTTP/1.1 400"));
}

TEST_F(ProxyInputTest, AClientThatGoesCancelsTheCall) {
  const auto sender = client();
  sender->send(kHead);
  sender->send(chunk("1\n"));
  ASSERT_EQ(waiting.size(), 1u);
  sender->hang_up();
  loop_.poll();
  EXPECT_TRUE(waiting[0]->closed());
  EXPECT_EQ(proxy_->ongoing(), 0u);
}

TEST_F(ProxyInputTest, AMethodThatReadsNoFurtherLetsTheClientFinish) {
  input_status = 410;
  const auto sender = client();
  sender->send(kHead);
  for (int i = 0; i < 50; ++i) sender->send(chunk("1234567\n"));
  EXPECT_EQ(inputs.size(), 1u);
  EXPECT_EQ(budget_.used(), 0u) << "what comes is dropped";
  sender->send("0\r\n\r\n");
  waiting.at(0)->respond({.body = "done"});
  EXPECT_THAT(sender->receive(), EndsWith("done"));
}

TEST_F(ProxyInputTest, AnAnswerBeforeTheEndIsTheEnd) {
  const auto sender = client();
  sender->send(kHead);
  sender->send(chunk("1\n"));
  waiting.at(0)->respond({.body = "enough"});
  const std::string answer = sender->receive();
  EXPECT_THAT(answer, HasSubstr("connection: close"));
  EXPECT_THAT(answer, EndsWith("enough"));
  EXPECT_EQ(proxy_->ongoing(), 0u);
}

TEST_F(ProxyInputTest, TheDeadlineHoldsWhileTheBodyComes) {
  const auto sender = client();
  sender->send(
      "POST /rag/sum HTTP/1.1\r\nhost: x\r\nx-request-timeout-seconds: 5\r\ntransfer-encoding: chunked\r\n\r\n");
  sender->send(chunk("1\n"));
  advance(std::chrono::seconds(6));
  EXPECT_THAT(sender->receive(), StartsWith("HTTP/1.1 408"));
  EXPECT_TRUE(waiting.at(0)->closed());
}

TEST_F(ProxyInputTest, ALostReplicaIsNotTriedTwice) {
  const auto sender = client();
  sender->send(kHead);
  sender->send(chunk("1\n"));
  kill_replica("unix:/rag");
  const std::string answer = sender->receive();
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 503"));
  EXPECT_THAT(answer, HasSubstr("\"maybe_executed\":true"));
}

TEST_F(ProxyInputTest, AShortBodyWithItsLengthGoesWithTheCall) {
  const auto sender = client();
  sender->send("POST /rag/sum HTTP/1.1\r\nhost: x\r\ncontent-length: 4\r\n\r\n1\n2\n");
  ASSERT_EQ(waiting.size(), 1u);
  EXPECT_EQ(waiting[0]->request().body, "1\n2\n");
  EXPECT_FALSE(waiting[0]->request().headers.has(net::wire::kInput));
}

}  // namespace
}  // namespace manta::ingress
