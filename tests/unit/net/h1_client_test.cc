#include "net/h1_client.h"

#include "unit/net/net_fixture.h"

namespace manta::net {
namespace {

class H1ClientTest : public NetTest {
 protected:
  std::unique_ptr<H1Client> connect_client() {
    const auto pair = connected_pair();
    server->accept(pair[0]);
    return std::make_unique<H1Client>(loop, pair[1]);
  }
  // A client whose server is the test.
  std::pair<std::unique_ptr<H1Client>, RawPeer> client_and_peer() {
    const auto pair = connected_pair();
    return {std::make_unique<H1Client>(loop, pair[1]), RawPeer(pair[0])};
  }
  std::unique_ptr<ClientCall> post(H1Client& client, std::string body) {
    Outgoing outgoing;
    outgoing.path = "/echo";
    outgoing.body = std::make_shared<const std::string>(std::move(body));
    return client.start(outgoing, [this] { ++updates; });
  }
  int updates = 0;
};

TEST_F(H1ClientTest, SendsOneRequestAfterTheOtherOnOneConnection) {
  serve({}, [](ExchangePtr exchange) { echo(exchange); });
  const auto client = connect_client();
  for (const std::string text : {"one", "two", ""}) {
    const auto call = post(*client, text);
    EXPECT_TRUE(client->is_busy());
    settle();
    ASSERT_TRUE(call->ended());
    EXPECT_EQ(call->status(), 200);
    EXPECT_EQ(call->take(), text);
    EXPECT_FALSE(client->is_busy());
  }
}

TEST_F(H1ClientTest, GivesChunksAsTheyCome) {
  serve_and_hold();
  const auto client = connect_client();
  const auto call = post(*client, "x");
  settle();
  exchanges.at(0)->start(200, {{"content-type", "text/event-stream"}});
  exchanges[0]->write("data: 1\n\n");
  settle();
  EXPECT_TRUE(call->has_head());
  EXPECT_EQ(call->take(), "data: 1\n\n");
  EXPECT_FALSE(call->ended());
  exchanges[0]->write("data: 2\n\n");
  exchanges[0]->finish();
  settle();
  EXPECT_EQ(call->take(), "data: 2\n\n");
  EXPECT_TRUE(call->ended());
}

TEST_F(H1ClientTest, SendsABodyThatDoesNotFitAtOnce) {
  serve({.max_body_bytes = 8 << 20}, [](ExchangePtr exchange) { echo(exchange); });
  const auto client = connect_client();
  const auto call = post(*client, std::string(4 << 20, 'x'));
  settle();
  ASSERT_TRUE(call->ended());
  EXPECT_EQ(call->body().size(), 4u << 20);
}

TEST_F(H1ClientTest, TakesAnAnswerWithoutALengthToTheEndOfTheConnection) {
  auto [client, peer] = client_and_peer();
  const auto call = post(*client, "x");
  settle();
  peer.receive();  // a connection closed with bytes unread is reset
  peer.send("HTTP/1.1 200 OK\r\n\r\nall of");
  settle();
  EXPECT_FALSE(call->ended());
  peer.send(" it");
  peer.close();
  settle();
  ASSERT_TRUE(call->ended());
  EXPECT_EQ(call->take(), "all of it");
}

TEST_F(H1ClientTest, PassesOverInterimAnswers) {
  auto [client, peer] = client_and_peer();
  const auto call = post(*client, "x");
  settle();
  peer.send("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n");
  settle();
  EXPECT_TRUE(call->ended());
  EXPECT_EQ(call->status(), 204);
}

TEST_F(H1ClientTest, TellsAnAnswerThatIsCut) {
  auto [client, peer] = client_and_peer();
  const auto call = post(*client, "x");
  settle();
  peer.send("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nfour");
  peer.close();
  settle();
  EXPECT_EQ(call->failure(), CallFailure::MaybeStarted);
  EXPECT_FALSE(call->ended());
}

TEST_F(H1ClientTest, TellsWhatIsNoHttp) {
  auto [client, peer] = client_and_peer();
  const auto call = post(*client, "x");
  settle();
  peer.send("SSH-2.0-OpenSSH\r\n\r\n");
  settle();
  EXPECT_EQ(call->failure(), CallFailure::MaybeStarted);
  EXPECT_EQ(updates, 1);
}

TEST_F(H1ClientTest, ARequestOnAConnectionThatWasClosedWhileIdleNeverStarted) {
  serve({}, [](ExchangePtr exchange) { echo(exchange); });
  const auto client = connect_client();
  const auto first = post(*client, "one");
  settle();
  ASSERT_TRUE(first->ended());
  server.reset();
  const auto second = post(*client, "two");
  settle();
  EXPECT_EQ(second->failure(), CallFailure::NeverStarted);
}

TEST_F(H1ClientTest, DroppingACallClosesTheConnection) {
  auto [client, peer] = client_and_peer();
  auto call = post(*client, "x");
  settle();
  call.reset();
  settle();
  EXPECT_TRUE(peer.ended());
  EXPECT_EQ(updates, 0);
}

TEST_F(H1ClientTest, ASecondCallAtOnceNeverStarts) {
  serve_and_hold();
  const auto client = connect_client();
  const auto first = post(*client, "one");
  const auto second = post(*client, "two");
  settle();
  EXPECT_EQ(second->failure(), CallFailure::NeverStarted);
  EXPECT_FALSE(first->failure());
}

TEST_F(H1ClientTest, AnOpenCallFailsWhenTheClientIsClosed) {
  serve_and_hold();
  auto client = connect_client();
  const auto call = post(*client, "one");
  settle();
  client.reset();
  EXPECT_EQ(updates, 0);
  settle();
  EXPECT_EQ(call->failure(), CallFailure::MaybeStarted);
  EXPECT_EQ(updates, 1);
}

}  // namespace
}  // namespace manta::net
