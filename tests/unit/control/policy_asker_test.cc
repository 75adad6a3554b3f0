#include "control/policy_asker.h"

#include <gtest/gtest.h>

#include "unit/control/fake_policy_hosts.h"

namespace manta::control {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

const DeploymentKey kAsked{"app", "D"};

class PolicyAskerTest : public ::testing::Test {
 protected:
  PolicyAskerTest() {
    hosts.answer = [this](const spec::PolicyQuestion&) { return spec::PolicyAnswer{.error = error}; };
    follow("custom:a");
  }
  void follow(const std::string& policy, const std::string& args = "{}") {
    asker.follow({{kAsked, {.host = {.application = "app", .args = args}, .use = {.name = policy, .is_asked = true}}}});
  }
  void ask() {
    asker.ask(
        kAsked, [] { return spec::PolicyQuestion{}; },
        [this](const Result<spec::PolicyAnswer>& answer) { last = answer ? "fine" : answer.error().message; });
    loop.poll();
  }
  bool is_due() const { return asker.due() == std::vector{kAsked}; }
  bool is_due_in(Duration time) {
    clock.advance(time - milliseconds(1));
    const bool before = is_due();
    clock.advance(milliseconds(1));
    return !before && is_due();
  }

  VirtualClock clock;
  Loop loop{clock};
  Logger logger{{.component = "test", .level = LogLevel::Error, .async = false}};
  FakePolicyHosts hosts{loop};
  PolicyAsker asker{loop, logger, hosts.start()};
  std::string error, last;
};

TEST_F(PolicyAskerTest, AsksAtOnceThenRegularlyAndSoonAfterAChange) {
  EXPECT_TRUE(is_due());
  ask();
  EXPECT_EQ(last, "fine");
  EXPECT_TRUE(is_due_in(PolicyAsker::kLongestPause));
  ask();
  asker.stir(kAsked);
  EXPECT_TRUE(is_due_in(PolicyAsker::kShortestPause));
  EXPECT_EQ(asker.next_due(), clock.now());
}

TEST_F(PolicyAskerTest, HasOneQuestionOpenAtMost) {
  hosts.silent = true;
  ask();
  clock.advance(seconds(5));
  EXPECT_FALSE(is_due());
  EXPECT_EQ(asker.next_due(), std::nullopt);
}

TEST_F(PolicyAskerTest, AsksLessAndLessOftenWhileItFails) {
  error = "no";
  for (const int pause_s : {1, 2, 4, 8, 16, 32, 60, 60}) {
    ask();
    EXPECT_EQ(last, "threw: no");
    asker.stir(kAsked);
    EXPECT_TRUE(is_due_in(seconds(pause_s))) << pause_s;
  }
  error.clear();
  ask();
  EXPECT_TRUE(is_due_in(PolicyAsker::kLongestPause));
}

TEST_F(PolicyAskerTest, TheAnswerOfAPolicyThatHasBeenReplacedIsNotHeard) {
  hosts.takes = seconds(1);
  ask();
  follow("custom:b");
  clock.advance(seconds(2));
  loop.poll();
  EXPECT_EQ(last, "");
  EXPECT_TRUE(is_due());
  EXPECT_EQ(hosts.living, 1) << "the same code goes on";
}

TEST_F(PolicyAskerTest, OtherCodeHasAProcessOfItsOwnAndThatOfNobodyEnds) {
  ask();
  follow("custom:a", R"({"x":1})");
  EXPECT_EQ(hosts.living, 0);
  ask();
  EXPECT_EQ(hosts.living, 1);
  asker.follow({});
  EXPECT_EQ(hosts.living, 0);
  EXPECT_EQ(asker.next_due(), std::nullopt);
}

}  // namespace
}  // namespace manta::control
