#include "replica/admission.h"

#include <gtest/gtest.h>

namespace manta::replica {
namespace {

using std::chrono::milliseconds;
using Grants = std::vector<Admission::Grant>;

class AdmissionTest : public testing::Test {
 protected:
  void SetUp() override {
    for (ConnectionId connection = 1; connection <= 3; ++connection) one.listen(connection);
  }
  bool admit(ConnectionId connection, int waiting = 0) { return one.admit(connection, waiting, now); }
  Grants freed() {
    one.release();
    return one.grant(now);
  }

  TimePoint now{std::chrono::hours(1)};
  Admission one{1};
};

TEST_F(AdmissionTest, AdmitsAnyoneWhileThereIsRoom) {
  Admission two(2);
  EXPECT_TRUE(two.admit(1, 0, now));
  EXPECT_TRUE(two.admit(9, 0, now));
  EXPECT_FALSE(two.admit(1, 0, now));
  EXPECT_EQ(two.ongoing(), 2);
}

TEST_F(AdmissionTest, GrantsAFreedPlaceToTheCallerThatWasRefused) {
  EXPECT_TRUE(admit(1));
  EXPECT_FALSE(admit(2));
  EXPECT_EQ(freed(), (Grants{{2, 1}}));
  EXPECT_FALSE(admit(1));  // reserved for 2
  EXPECT_TRUE(admit(2));
  EXPECT_EQ(freed(), (Grants{{1, 1}}));
}

TEST_F(AdmissionTest, ServesWaitersInTurn) {
  EXPECT_TRUE(admit(1, 5));  // admitted, and says that more wait
  EXPECT_FALSE(admit(2));
  EXPECT_FALSE(admit(3));
  std::vector<ConnectionId> order;
  for (int i = 0; i < 6; ++i) {
    const Grants grants = freed();
    ASSERT_EQ(grants.size(), 1u);
    order.push_back(grants[0].connection);
    EXPECT_TRUE(admit(grants[0].connection, 5));
  }
  EXPECT_EQ(order, (std::vector<ConnectionId>{1, 2, 3, 1, 2, 3}));
}

TEST_F(AdmissionTest, AGrantLapsesAndGoesToTheNext) {
  EXPECT_TRUE(admit(1));
  EXPECT_FALSE(admit(2));
  EXPECT_FALSE(admit(3));
  EXPECT_EQ(freed(), (Grants{{2, 1}}));
  EXPECT_EQ(one.next_lapse(), now + milliseconds(10));
  now += milliseconds(10);
  one.expire(now);
  EXPECT_EQ(one.grant(now), (Grants{{3, 1}}));
  EXPECT_EQ(one.waiters(), 1u);
}

TEST_F(AdmissionTest, ALateUserOfALapsedGrantIsAdmittedIfThereIsRoom) {
  EXPECT_TRUE(admit(1));
  EXPECT_FALSE(admit(2));
  freed();
  now += milliseconds(11);
  EXPECT_TRUE(admit(2));
  EXPECT_EQ(one.granted(), 0);
}

TEST_F(AdmissionTest, ForgettingACallerFreesItsGrants) {
  EXPECT_TRUE(admit(1));
  EXPECT_FALSE(admit(2));
  EXPECT_FALSE(admit(3));
  freed();
  one.forget(2);
  EXPECT_EQ(one.grant(now), (Grants{{3, 1}}));
}

TEST_F(AdmissionTest, GrantsSeveralPlacesToOneCallerThatCanUseThem) {
  Admission four(4);
  four.listen(1);
  for (int i = 0; i < 4; ++i) EXPECT_TRUE(four.admit(9, 0, now));
  EXPECT_FALSE(four.admit(1, 2, now));
  for (int i = 0; i < 4; ++i) four.release();
  EXPECT_EQ(four.grant(now), (Grants{{1, 3}}));
  EXPECT_TRUE(four.admit(1, 0, now));  // nothing waits any more: the other two grants are free again
  EXPECT_EQ(four.granted(), 0);
  EXPECT_TRUE(four.admit(9, 0, now));
}

TEST_F(AdmissionTest, CallersWithoutAControlStreamAreNeverGrantedAnything) {
  EXPECT_TRUE(admit(1));
  EXPECT_FALSE(admit(77));
  EXPECT_EQ(freed(), Grants{});
  EXPECT_EQ(one.waiters(), 0u);
}

TEST_F(AdmissionTest, ALowerLimitHoldsForNewRequests) {
  Admission two(2);
  EXPECT_TRUE(two.admit(1, 0, now));
  EXPECT_TRUE(two.admit(1, 0, now));
  two.set_max_ongoing(1);
  two.release();
  EXPECT_FALSE(two.admit(1, 0, now));
  two.release();
  EXPECT_TRUE(two.admit(1, 0, now));
}

}  // namespace
}  // namespace manta::replica
