// Who has no valid certificate of the instance's authority gets nowhere, whatever else it knows.

#include <fstream>

#include "net/peer_proof.h"
#include "raw_http2.h"
#include "tls_fixture.h"

namespace manta::net {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

class PeerCertificateTest : public TlsTest {
 protected:
  // The call of a client with this security to a server with that one fails; gives what the client is told.
  std::string refusal(PeerSecurityPtr of_server, PeerSecurityPtr of_client) {
    serve_echo(std::move(of_server));
    const auto channel = connect(std::move(of_client));
    TestCall call(*channel, "/", "x");
    settle();
    EXPECT_EQ(call.call->failure(), CallFailure::NeverStarted);
    EXPECT_EQ(requests, 0);
    EXPECT_EQ(server->stats().connections, 0u);
    return std::string(channel->lost_reason());
  }
  // Lets both ends do what they can.
  void settle_with(RawTls& raw) {
    for (int i = 0; i < 10; ++i) {
      settle();
      raw.step();
    }
  }
  static SSL_CTX* context_with(const TestCertificate& certificate) {
    SSL_CTX* const context = SSL_CTX_new(TLS_method());
    SSL_CTX_use_certificate_chain_file(context, certificate.certificate_file.c_str());
    SSL_CTX_use_PrivateKey_file(context, certificate.key_file.c_str(), SSL_FILETYPE_PEM);
    return context;
  }

  TestAuthority other_authority{folder.path(), "other-authority"};
  const TestCertificate foreign = other_authority.issue("foreign");
  const TestCertificate expired = authority.issue("expired", TestAuthority::Validity::Expired);
};

TEST_F(PeerCertificateTest, OneOfAnotherAuthorityIsRefusedByBothSides) {
  EXPECT_THAT(
      refusal(with(first), with(foreign, other_authority)),
      AllOf(HasSubstr("the peer at 127.0.0.1:"), HasSubstr("its certificate is refused: unable to get local issuer")));
  ASSERT_EQ(told.size(), 1u);
  EXPECT_THAT(told[0], HasSubstr("unknown CA"));
}

TEST_F(PeerCertificateTest, OneThatHasExpiredIsRefusedByTheClient) {
  EXPECT_THAT(refusal(with(expired), with(second)), HasSubstr("its certificate is refused: certificate has expired"));
}

TEST_F(PeerCertificateTest, OneThatHasExpiredIsRefusedByTheServer) {
  EXPECT_THAT(refusal(with(first), with(expired)), HasSubstr("it refused this process: certificate expired"));
  ASSERT_EQ(told.size(), 1u);
  EXPECT_THAT(told[0], HasSubstr("its certificate is refused: certificate has expired"));
}

TEST_F(PeerCertificateTest, AClientWithoutOneIsRefused) {
  serve_echo(with(first));
  const auto pair = tcp_pair();
  server->accept(pair[0]);
  RawTls raw(SSL_CTX_new(TLS_method()), false, pair[1]);
  settle_with(raw);
  EXPECT_EQ(raw.receive(), "");
  EXPECT_TRUE(raw.failed());
  ASSERT_EQ(told.size(), 1u);
  EXPECT_THAT(told[0], HasSubstr("it has no certificate"));
  EXPECT_EQ(server->stats().connections, 0u);
}

TEST_F(PeerCertificateTest, NothingOlderThanTls13IsSpoken) {
  serve_echo(with(first));
  const auto pair = tcp_pair();
  server->accept(pair[0]);
  SSL_CTX* const context = context_with(second);
  SSL_CTX_set_max_proto_version(context, TLS1_2_VERSION);
  RawTls raw(context, false, pair[1]);
  settle_with(raw);
  EXPECT_TRUE(raw.failed());
  ASSERT_EQ(told.size(), 1u);
  EXPECT_THAT(told[0], HasSubstr("unsupported protocol"));
}

TEST_F(PeerCertificateTest, WhoDoesNotSpeakTlsIsToldNothing) {
  serve_echo(with(first));
  const std::string plain_proof = PeerProof(PeerProof::Role::Client, kToken, "", make_nonce()).start();
  for (const std::string& bytes : {std::string("GET / HTTP/1.1\r\nHost: a\r\n\r\n"), raw::hello(), plain_proof,
                                   std::string(100'000, '\xfe'), "\x16\x03\x01" + std::string("\0\x05hello", 7)}) {
    RawPeer peer = connect_raw();
    EXPECT_EQ(exchange_raw(peer, bytes), "");
    EXPECT_TRUE(peer.ended());
  }
  EXPECT_EQ(ours->foreign_connections(), 5u);
  EXPECT_EQ(requests, 0);
}

TEST_F(PeerCertificateTest, AProcessWithOneAndAProcessWithoutDoNotMeet) {
  EXPECT_NE(refusal(with(first), knowing(kToken)), "");
  EXPECT_THAT(refusal(knowing(kToken), with(second)), HasSubstr("TLS with the peer at 127.0.0.1:"));
}

// Who has a certificate but not the token cannot pass a client's proof on to a server, and step in afterwards.
TEST_F(PeerCertificateTest, AProofCannotBePassedOnFromOneConnectionToAnother) {
  serve_echo(with(first));
  const auto near = tcp_pair(), far = tcp_pair();
  server->accept(far[0]);
  Channel channel(loop, near[1], {.security = with(second)}, client_budget);
  TestCall call(channel, "/", "x");
  const TestCertificate stolen = authority.issue("stolen");
  RawTls to_client(context_with(stolen), true, near[0]), to_server(context_with(stolen), false, far[1]);
  for (int i = 0; i < 10; ++i) {
    settle();
    to_client.step();
    to_server.step();
  }
  ASSERT_TRUE(to_client.connected() && to_server.connected());
  const std::string hello = to_client.receive();
  EXPECT_EQ(hello.size(), kHello);
  to_server.send(hello);
  settle();
  EXPECT_EQ(to_server.receive(), "");
  EXPECT_TRUE(to_server.failed());
  EXPECT_EQ(requests, 0);
  ASSERT_EQ(told.size(), 1u);
  EXPECT_THAT(told[0], HasSubstr("does not know this instance's token"));
}

TEST_F(PeerCertificateTest, FilesThatCannotBeUsedAreNamed) {
  const auto message = [&](std::string certificate, std::string key, std::string of) {
    const auto made = PeerSecurity::make({.token = std::string(kToken),
                                          .certificate_file = std::move(certificate),
                                          .key_file = std::move(key),
                                          .authority_file = std::move(of)});
    return made ? std::string("it was made") : made.error().message;
  };
  const std::string absent = folder.path() / "absent.pem", garbage = folder.path() / "garbage.pem";
  std::ofstream(garbage) << "no certificate";
  EXPECT_THAT(message(absent, first.key_file, authority.file()), AllOf(HasSubstr(absent), HasSubstr("No such file")));
  EXPECT_THAT(message(first.certificate_file, absent, authority.file()), HasSubstr(absent));
  EXPECT_THAT(message(first.certificate_file, first.key_file, absent), HasSubstr(absent));
  EXPECT_THAT(message(garbage, first.key_file, authority.file()), HasSubstr(garbage));
  EXPECT_THAT(message(first.certificate_file, second.key_file, authority.file()),
              AllOf(HasSubstr(second.key_file), HasSubstr("mismatch")));
  EXPECT_THAT(message(foreign.certificate_file, foreign.key_file, authority.file()),
              AllOf(HasSubstr(foreign.certificate_file), HasSubstr("is not of the authority")));
}

}  // namespace
}  // namespace manta::net
