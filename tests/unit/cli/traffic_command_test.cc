#include "cli/traffic_command.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace manta::cli {
namespace {

using ::testing::HasSubstr;

TEST(TrafficCommandTest, WeightsAreNamesAndNumbers) {
  const auto request = traffic_request({.application = "chat", .route = "/", .set = "V1=90,V2=0.5"});
  ASSERT_TRUE(request);
  EXPECT_EQ(request->action, "set");
  EXPECT_EQ(request->set, (std::vector<TrafficTarget>{{"V1", 90}, {"V2", 0.5}}));
  for (const char* wrong : {"V1", "V1=", "=3", "V1=x", "V1=1,", "V1=1;V2=2"})
    EXPECT_FALSE(traffic_request({.set = wrong})) << wrong;
}

TEST(TrafficCommandTest, WithoutAChangeItOnlyShows) {
  EXPECT_EQ(traffic_request({.application = "chat"})->action, "");
  EXPECT_EQ(traffic_request({.promote = true})->action, "promote");
  EXPECT_EQ(traffic_request({.rollback = true, .deployment = "V2"})->deployment, "V2");
  EXPECT_EQ(traffic_request({.restart = true})->action, "restart");
}

TEST(TrafficCommandTest, ShowsSharesFiguresAndWhatIsWaitedFor) {
  control::TrafficDetails rule{.route = "/chat",
                               .sticky = "session",
                               .shadow = "V3",
                               .phase = "promoting",
                               .reason = "a step lasts 60 s",
                               .step = 1,
                               .steps = {5, 50, 100},
                               .targets = {{"V1", 1, 300, 0, 12.5}, {"V2", 3, 100, 2, 13}},
                               .changes = {{.phase = "promoting", .reason = "deployed"}}};
  const std::string text = traffic_text("app", {rule});
  EXPECT_THAT(text, HasSubstr("app /chat: promoting, step 2 of 3; a step lasts 60 s"));
  EXPECT_THAT(text, HasSubstr("V2                        75.00 %       100 requests       2 errors"));
  EXPECT_THAT(text, HasSubstr("V3                       gets copies"));
  EXPECT_THAT(text, HasSubstr("sticky by session"));
  EXPECT_THAT(text, HasSubstr("promoting: deployed"));
  EXPECT_THAT(traffic_text("app", {}), HasSubstr("no traffic rules"));
}

}  // namespace
}  // namespace manta::cli
