// The mutual proof as such, without connections.

#include "net/peer_proof.h"

#include <gtest/gtest.h>

#include <string>

namespace manta::net {
namespace {

using Role = PeerProof::Role;

constexpr std::string_view kSecret = "0123456789abcdef";
const std::string kClientNonce(PeerProof::kNonce, 'c');
const std::string kServerNonce(PeerProof::kNonce, 's');

std::string to_hex(std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (const char byte : bytes) {
    text += kDigits[static_cast<unsigned char>(byte) >> 4];
    text += kDigits[static_cast<unsigned char>(byte) & 15];
  }
  return text;
}

struct PeerProofTest : testing::Test {
  PeerProof client{Role::Client, kSecret, "", kClientNonce};
  PeerProof server{Role::Server, kSecret, "", kServerNonce};
};

TEST_F(PeerProofTest, BothSidesThatKnowTheTokenAreProved) {
  EXPECT_EQ(server.start(), "");
  const std::string hello = client.start();
  EXPECT_EQ(hello.size(), server.wanted());
  const auto answer = server.take(hello);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->size(), client.wanted());
  const auto proof = client.take(*answer);
  ASSERT_TRUE(proof);
  EXPECT_EQ(client.wanted(), 0u);
  EXPECT_EQ(proof->size(), server.wanted());
  EXPECT_EQ(server.take(*proof), "");
  EXPECT_EQ(server.wanted(), 0u);
}

// Computed apart, from the reference of the protocol.
TEST_F(PeerProofTest, TheBytesAreThoseOfTheReference) {
  const std::string hello = client.start();
  EXPECT_EQ(hello.substr(0, 40), "MANTA1\r\n" + kClientNonce);
  EXPECT_EQ(to_hex(hello.substr(40)), "eea0f98eb6c46e1633ec11932c0248e602619e3a2e418dd686e069a505d1d423");
  const std::string answer = server.take(hello).value();
  EXPECT_EQ(answer.substr(0, 40), "MANTA1\r\n" + kServerNonce);
  EXPECT_EQ(to_hex(answer.substr(40)), "40cd23af0aa7ce553101e755fd12f99dcc86791f882b312a4df507ee1c1f4182");
  EXPECT_EQ(to_hex(client.take(answer).value()), "1ab62c6c6e8153c711cf3a48848c90b73fb225575d1f2e48ed221148652e6343");
}

TEST_F(PeerProofTest, AnotherTokenIsRefusedByEitherSide) {
  PeerProof stranger(Role::Client, "fedcba9876543210", "", kClientNonce);
  EXPECT_EQ(server.take(stranger.start()).error(), ProofFailure::WrongToken);
  PeerProof liar(Role::Server, "fedcba9876543210", "", kServerNonce);
  EXPECT_EQ(liar.take(client.start()).error(), ProofFailure::WrongToken);
  EXPECT_EQ(client.take("MANTA1\r\n" + kServerNonce + std::string(32, 'x')).error(), ProofFailure::WrongToken);
}

TEST_F(PeerProofTest, AnyByteThatDiffersIsRefused) {
  const std::string hello = client.start();
  const std::string answer = PeerProof(server).take(hello).value();
  for (std::size_t i = 0; i < hello.size(); ++i) {
    std::string changed = hello;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    EXPECT_FALSE(PeerProof(server).take(changed)) << i;
    changed = answer;
    changed[i] = static_cast<char>(changed[i] ^ 0x80);
    EXPECT_FALSE(PeerProof(client).take(changed)) << i;
  }
  server.take(hello).value();
  const std::string proof = client.take(answer).value();
  for (std::size_t i = 0; i < proof.size(); ++i) {
    std::string changed = proof;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    EXPECT_FALSE(PeerProof(server).take(changed)) << i;
  }
}

TEST_F(PeerProofTest, AProofIsGoodForOneConnection) {
  const std::string hello = client.start();
  const std::string proof = client.take(server.take(hello).value()).value();
  PeerProof later(Role::Server, kSecret, "", std::string(PeerProof::kNonce, 't'));
  EXPECT_TRUE(later.take(hello));
  EXPECT_EQ(later.take(proof).error(), ProofFailure::WrongToken);
}

TEST_F(PeerProofTest, AnAnswerToAnotherHelloIsRefused) {
  const std::string answer = server.take(client.start()).value();
  PeerProof later(Role::Client, kSecret, "", std::string(PeerProof::kNonce, 'd'));
  EXPECT_EQ(later.take(answer).error(), ProofFailure::WrongToken);
}

TEST_F(PeerProofTest, WhatOneSideSaysIsNoProofWhenItComesBack) {
  const std::string hello = client.start();
  EXPECT_EQ(PeerProof(client).take(hello).error(), ProofFailure::WrongToken);
  const std::string answer = server.take(hello).value();
  EXPECT_EQ(PeerProof(server).take(answer.substr(40)).error(), ProofFailure::WrongToken);
  EXPECT_EQ(PeerProof(server).take(hello.substr(40)).error(), ProofFailure::WrongToken);
  // As the client of another connection to the same server.
  EXPECT_EQ(PeerProof(Role::Server, kSecret, "", kClientNonce).take(answer).error(), ProofFailure::WrongToken);
}

TEST_F(PeerProofTest, ItIsBoundToTheConnectionBelow) {
  PeerProof here(Role::Server, kSecret, std::string(32, '1'), kServerNonce);
  PeerProof there(Role::Client, kSecret, std::string(32, '2'), kClientNonce);
  EXPECT_EQ(here.take(there.start()).error(), ProofFailure::WrongToken);
  EXPECT_EQ(here.take(client.start()).error(), ProofFailure::WrongToken);
}

TEST_F(PeerProofTest, OtherProtocolsAndVersionsAreToldApartAtTheirFirstBytes) {
  EXPECT_TRUE(server.look("MAN"));
  EXPECT_EQ(server.look("MAX").error(), ProofFailure::NotManta);
  EXPECT_EQ(server.look("GET / HTTP/1.1").error(), ProofFailure::NotManta);
  EXPECT_EQ(server.look("PRI").error(), ProofFailure::NotManta);
  EXPECT_EQ(server.look("MANTA2").error(), ProofFailure::OtherVersion);
  EXPECT_EQ(client.look(std::string_view("\0\0\x18\4", 4)).error(), ProofFailure::NotManta);
}

TEST_F(PeerProofTest, NoncesDiffer) { EXPECT_NE(make_nonce(), make_nonce()); }

}  // namespace
}  // namespace manta::net
