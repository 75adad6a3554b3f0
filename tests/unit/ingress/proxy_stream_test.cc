#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "unit/ingress/proxy_fixture.h"

namespace manta::ingress {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr std::string_view kAskForEvents =
    "POST /rag/query HTTP/1.1\r\nhost: x\r\naccept: text/event-stream\r\ncontent-length: 2\r\n\r\n{}";

class ProxyStreamTest : public ProxyTest {
 protected:
  // A client whose event stream has been started by the replica.
  std::unique_ptr<RawClient> streaming_client(const net::Headers& headers = {{"content-type", "text/event-stream"}}) {
    auto streaming = client();
    streaming->send(kAskForEvents);
    EXPECT_EQ(waiting.size(), 1U);
    waiting.at(0)->start(200, headers);
    return streaming;
  }
};

TEST_F(ProxyStreamTest, EveryPieceIsPassedOnAsItArrives) {
  const auto streaming = streaming_client();
  EXPECT_THAT(streaming->receive(), StartsWith("HTTP/1.1 200 OK\r\n"));
  waiting[0]->write("data: 1\n\n");
  EXPECT_EQ(streaming->receive(), "9\r\ndata: 1\n\n\r\n");
  waiting[0]->write("data: ");
  EXPECT_EQ(streaming->receive(), "6\r\ndata: \r\n");
  waiting[0]->write("2\n\n");
  waiting[0]->finish();
  EXPECT_EQ(streaming->receive(), "3\r\n2\n\n\r\n0\r\n\r\n");
}

TEST_F(ProxyStreamTest, AReplicaLostBetweenTwoEventsEndsTheStreamWithOneErrorEvent) {
  const auto streaming = streaming_client();
  waiting[0]->write("data: 1\n\n");
  streaming->receive();
  kill_replica("unix:/rag");
  const auto rest = streaming->receive();
  EXPECT_THAT(rest, HasSubstr("event: error\ndata: {\"error\":{\"type\":\"ReplicaDied\""));
  EXPECT_THAT(rest, EndsWith("\n\n\r\n0\r\n\r\n"));
}

TEST_F(ProxyStreamTest, AReplicaLostInsideAnEventLeavesTheStreamVisiblyTruncated) {
  const auto streaming = streaming_client();
  waiting[0]->write("data: 1");
  streaming->receive();
  kill_replica("unix:/rag");
  const auto rest = streaming->receive();
  EXPECT_THAT(rest, Not(HasSubstr("error")));
  EXPECT_THAT(rest, Not(HasSubstr("0\r\n\r\n")));
  EXPECT_TRUE(streaming->closed());
}

TEST_F(ProxyStreamTest, AReplicaLostInAPlainStreamLeavesItTruncated) {
  const auto streaming = streaming_client({{"content-type", "application/jsonl"}});
  waiting[0]->write("{}\n");
  streaming->receive();
  kill_replica("unix:/rag");
  EXPECT_THAT(streaming->receive(), Not(HasSubstr("0\r\n\r\n")));
  EXPECT_TRUE(streaming->closed());
}

TEST_F(ProxyStreamTest, AClientThatLeavesAStreamCancelsIt) {
  const auto streaming = streaming_client();
  waiting[0]->write("data: 1\n\n");
  streaming->receive();
  streaming->hang_up();
  waiting[0]->write("data: 2\n\n");
  loop_.poll();
  EXPECT_TRUE(waiting[0]->closed());
  EXPECT_EQ(proxy_->ongoing(), 0U);
}

TEST_F(ProxyStreamTest, AClientThatDoesNotReadStopsTheReplica) {
  const auto streaming = streaming_client();
  const std::string event = "data: " + std::string(1016, 'x') + "\n\n";
  std::size_t written = 0;
  while (waiting[0]->queued() < 4 * event.size() && written < 64 << 20) {
    waiting[0]->write(event);
    loop_.poll();
    written += event.size();
  }
  EXPECT_LT(written, 2U << 20);  // socket buffers, one queue and one window; not the whole stream
  std::size_t received = 0;
  for (std::string piece; !(piece = streaming->receive()).empty();) received += piece.size();
  EXPECT_GT(received, written);  // with the chunks' framing
  EXPECT_EQ(waiting[0]->queued(), 0U);
}

}  // namespace
}  // namespace manta::ingress
