#include "runtime/local/bundle_ledger.h"

#include <gtest/gtest.h>

#include <map>

namespace manta::runtime {
namespace {

class BundleLedgerTest : public testing::Test {
 protected:
  BundleLedgerTest() {
    for (int gpu = 0; gpu < 4; ++gpu)
      four.push_back({.node_id = "n", .resources = {.num_cpus = 1, .num_gpus = 1}, .gpus = {gpu}});
    ledger.hold("app#Llm#a", "token-a", four);
  }
  Result<ClaimAnswer> claim(ClaimRequest request) {
    return ledger.claim(request, [this](int pid) { return born.contains(pid) ? born.at(pid) : 0; });
  }

  std::vector<spec::Bundle> four;
  std::map<int, std::uint64_t> born{{10, 1}, {11, 1}, {12, 1}};
  BundleLedger ledger{"n"};
};

TEST_F(BundleLedgerTest, AProcessUsesTheBundlesThatItClaims) {
  const auto answer = claim({.token = "token-a", .bundles = {2, 3}, .pid = 10});
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->replica, "app#Llm#a");
  EXPECT_EQ(answer->environment.at("CUDA_VISIBLE_DEVICES"), "2,3");
  EXPECT_EQ(answer->held, (std::vector{four[2], four[3]}));
}

TEST_F(BundleLedgerTest, NoTwoLivingProcessesHaveOneBundle) {
  ASSERT_TRUE(claim({.token = "token-a", .bundles = {1}, .pid = 10}));
  const auto refused = claim({.token = "token-a", .bundles = {0, 1}, .pid = 11});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::Unavailable);
  EXPECT_EQ(refused.error().message, "bundle 1 of app#Llm#a is claimed by process 10");
  EXPECT_EQ(claim({.token = "token-a", .count = 3, .pid = 11})->bundles, (std::vector{0, 2, 3}))
      << "a refused claim has taken nothing";
}

TEST_F(BundleLedgerTest, ClaimingAgainIsNoError) {
  ASSERT_TRUE(claim({.token = "token-a", .bundles = {1}, .pid = 10}));
  EXPECT_TRUE(claim({.token = "token-a", .bundles = {1}, .pid = 10}));
}

TEST_F(BundleLedgerTest, TheEndOfAProcessGivesItsBundlesBack) {
  ASSERT_TRUE(claim({.token = "token-a", .count = 4, .pid = 10}));
  EXPECT_FALSE(claim({.token = "token-a", .count = 1, .pid = 11}));
  born.erase(10);
  EXPECT_TRUE(claim({.token = "token-a", .count = 2, .pid = 11}));
  born[11] = 2;
  EXPECT_TRUE(claim({.token = "token-a", .count = 4, .pid = 12})) << "another process of the same number";
}

TEST_F(BundleLedgerTest, NobodyClaimsMoreThanTheReplicaHolds) {
  EXPECT_EQ(claim({.token = "token-a", .count = 5, .pid = 10}).error().code, ErrorCode::Unavailable);
  EXPECT_EQ(claim({.token = "token-a", .bundles = {4}, .pid = 10}).error().code, ErrorCode::InvalidArgument);
  EXPECT_EQ(claim({.token = "token-a", .bundles = {-1}, .pid = 10}).error().code, ErrorCode::InvalidArgument);
}

TEST_F(BundleLedgerTest, BookingOutsideIsRefusedWithWhoHoldsWhat) {
  const auto refused = claim({.pid = 10, .resources = {{"GPU", 2}}});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::InvalidArgument);
  EXPECT_TRUE(refused.error().message.starts_with(
      "2 GPU cannot be reserved by a process of a replica; it claims what its replica holds, with the token in "
      "MANTA_PLACEMENT_GROUP; app#Llm#a holds bundle 0 (1 CPU, GPU 0), bundle 1"))
      << refused.error().message;
}

TEST_F(BundleLedgerTest, ATokenOpensOnlyItsOwnReservation) {
  ledger.hold("app#Llm#b", "token-b", {{.node_id = "n", .resources = {.num_gpus = 1}, .gpus = {7}}});
  EXPECT_EQ(claim({.token = "token-b", .count = 1, .pid = 10})->environment.at("CUDA_VISIBLE_DEVICES"), "7");
  EXPECT_FALSE(claim({.token = "token-b", .count = 1, .pid = 11}));
  EXPECT_FALSE(claim({.token = "", .count = 1, .pid = 11}));
}

TEST_F(BundleLedgerTest, WithTheReplicaItsReservationEnds) {
  ledger.release("app#Llm#a");
  EXPECT_FALSE(claim({.token = "token-a", .count = 1, .pid = 10}));
}

TEST_F(BundleLedgerTest, ABundleOfAnotherNodeIsClaimedThere) {
  four[1].node_id = "other";
  ledger.hold("app#Llm#a", "token-a", four);
  EXPECT_FALSE(claim({.token = "token-a", .bundles = {1}, .pid = 10}));
  EXPECT_EQ(claim({.token = "token-a", .count = 3, .pid = 10})->bundles, (std::vector{0, 2, 3}));
}

TEST_F(BundleLedgerTest, AProcessThatDoesNotLiveClaimsNothing) {
  EXPECT_FALSE(claim({.token = "token-a", .count = 1, .pid = 99}));
}

}  // namespace
}  // namespace manta::runtime
