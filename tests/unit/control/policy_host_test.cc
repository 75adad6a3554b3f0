#include "control/policy_host.h"

#include <gtest/gtest.h>

#include "unit/control/fake_policy_hosts.h"

namespace manta::control {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class PolicyHostTest : public ::testing::Test {
 protected:
  PolicyHostTest() {
    hosts.answer = [](const spec::PolicyQuestion& question) {
      return spec::PolicyAnswer{.decisions = {{"D", {.num_replicas = static_cast<double>(question.policy.size())}}}};
    };
  }
  // Its answer, or why there is none, is kept under the policy's name.
  void ask(const std::string& policy) {
    host->ask([policy] { return spec::PolicyQuestion{.policy = policy}; },
              [this, policy](const Result<spec::PolicyAnswer>& answer) {
                answers[policy] = answer ? std::to_string(static_cast<int>(answer->decisions.at("D").num_replicas))
                                         : answer.error().message;
              });
  }
  void pass(Duration time) {
    for (Duration passed{}; passed <= time; passed += milliseconds(100)) {
      loop.poll();
      clock.advance(milliseconds(100));
    }
    loop.poll();
  }

  VirtualClock clock;
  Loop loop{clock};
  Logger logger{{.component = "test", .level = LogLevel::Error, .async = false}};
  FakePolicyHosts hosts{loop};
  std::unique_ptr<PolicyHost> host =
      std::make_unique<PolicyHost>(loop, logger, hosts.start(), PolicyHostSpec{.application = "app"});
  std::map<std::string, std::string> answers;
};

TEST_F(PolicyHostTest, StartsItsProcessWithTheFirstQuestionAndKeepsIt) {
  loop.poll();
  EXPECT_EQ(hosts.specs.size(), 0u);
  ask("abc");
  EXPECT_TRUE(answers.empty()) << "never from inside";
  loop.poll();
  EXPECT_EQ(answers["abc"], "3");
  ask("ab");
  loop.poll();
  EXPECT_EQ(answers["ab"], "2");
  EXPECT_EQ(hosts.specs.size(), 1u);
  EXPECT_EQ(hosts.specs[0].application, "app");
}

TEST_F(PolicyHostTest, AsksOneQuestionAtATime) {
  hosts.takes = seconds(1);
  ask("a");
  ask("bb");
  loop.poll();
  EXPECT_EQ(hosts.questions.size(), 1u);
  pass(seconds(3));
  EXPECT_EQ(hosts.questions.size(), 2u);
  EXPECT_EQ(answers["bb"], "2");
}

TEST_F(PolicyHostTest, WhoTakesTooLongLosesTheProcessAndTheOthersAreAskedInAnother) {
  hosts.silent = true;
  ask("hangs");
  ask("ok");
  pass(seconds(9));
  EXPECT_TRUE(answers.empty());
  hosts.silent = false;
  pass(seconds(1));
  EXPECT_EQ(answers["hangs"], "took longer than 10 s");
  EXPECT_EQ(answers["ok"], "2");
  EXPECT_EQ(hosts.specs.size(), 2u);
  EXPECT_EQ(hosts.living, 1) << "the first was ended";
}

TEST_F(PolicyHostTest, AProcessThatDiesIsBlamedOnTheQuestionItHad) {
  hosts.crashes_on = "crashes";
  ask("crashes");
  ask("ok");
  pass(seconds(1));
  EXPECT_EQ(answers["crashes"], "its process was killed by signal 9 (Killed)");
  EXPECT_EQ(answers["ok"], "2");
  EXPECT_EQ(hosts.specs.size(), 2u);
  EXPECT_EQ(hosts.living, 1);
}

TEST_F(PolicyHostTest, RestartsLessAndLessOftenWhileItCrashes) {
  hosts.crashes_on = "*";
  int asked = 0;
  for (int i = 0; i < 600; ++i) {  // a minute
    const std::string name = "p" + std::to_string(asked);
    if (asked == 0 || answers.contains("p" + std::to_string(asked - 1))) {
      ask(name);
      ++asked;
    }
    pass(milliseconds(100));
  }
  EXPECT_GT(hosts.specs.size(), 3u);
  EXPECT_LT(hosts.specs.size(), 15u);
}

TEST_F(PolicyHostTest, OneThatCannotStartFailsEverybodyWhoWaits) {
  hosts.start_error = "no such file";
  ask("a");
  loop.poll();
  EXPECT_EQ(answers["a"], "its process cannot be started: no such file");
  ask("b");
  ask("c");
  pass(seconds(1));
  EXPECT_EQ(answers["b"], "its process cannot be started: no such file");
  EXPECT_EQ(answers["c"], "its process cannot be started: no such file");
}

TEST_F(PolicyHostTest, ADeathBetweenTwoQuestionsIsNoFailureOfTheNext) {
  ask("a");
  loop.poll();
  hosts.crash();
  loop.poll();
  EXPECT_EQ(hosts.living, 0);
  ask("bb");
  loop.poll();
  EXPECT_EQ(answers["bb"], "2");
}

TEST_F(PolicyHostTest, EndsItsProcessWithItself) {
  hosts.silent = true;
  ask("a");
  loop.poll();
  EXPECT_EQ(hosts.living, 1);
  host.reset();
  EXPECT_EQ(hosts.living, 0);
  loop.poll();
  EXPECT_TRUE(answers.empty());
}

}  // namespace
}  // namespace manta::control
