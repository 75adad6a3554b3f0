#include <gtest/gtest.h>

#include "api/strand_caller.h"

namespace manta::api {
namespace {

using std::chrono::seconds;

const CallPath kToItself{"app", "D", "app", "D"};

TEST(SelfCallTest, WithoutAnyDeadlineItGetsOne) {
  RequestContext request;
  EXPECT_EQ(with_self_call_limit({}, &request, kToItself).timeout, kSelfCallTimeout);
  EXPECT_EQ(with_self_call_limit({}, nullptr, kToItself).timeout, kSelfCallTimeout);
  CallPath path = kToItself;
  path.request_timeout_s = 300;
  EXPECT_EQ(with_self_call_limit({}, &request, path).timeout, seconds(300)) << "the deployment's own limit";
}

TEST(SelfCallTest, ADeadlineThatIsThereStays) {
  RequestContext request;
  EXPECT_EQ(with_self_call_limit({.timeout = seconds(1)}, &request, kToItself).timeout, seconds(1));
  request.deadline = std::chrono::steady_clock::now() + seconds(500);
  EXPECT_EQ(with_self_call_limit({}, &request, kToItself).timeout.count(), 0);
}

TEST(SelfCallTest, CallsOfOtherDeploymentsAreLeftAlone) {
  RequestContext request;
  for (const CallPath& path : {CallPath{"app", "D", "app", "E"}, CallPath{"app", "D", "other", "D"}, CallPath{}})
    EXPECT_EQ(with_self_call_limit({}, &request, path).timeout.count(), 0);
}

}  // namespace
}  // namespace manta::api
