#include <gtest/gtest.h>

#include <thread>

#include "deployments.h"

namespace manta {
namespace {

using manta::testing::LocalApp;
using std::chrono::milliseconds;
using std::chrono::seconds;

struct Steps {
  int square(int x) { return x * x; }
  int flaky(int failures) {
    if (tried++ < failures) throw Exception({ErrorCode::Unavailable, "not yet"});
    return tried;
  }
  int hold(int) {
    release.wait_for(1);
    return 0;
  }
  static inline Meeting release;
  int tried = 0;
  using methods = Methods<&Steps::square, &Steps::flaky, &Steps::hold>;
};

class Composer {
 public:
  explicit Composer(Handle<Steps> steps) : steps_(steps) {}

  Task<int> sum_of_squares(int to) {
    std::vector<Response<int>> squares;
    for (int i = 1; i <= to; ++i) squares.push_back(steps_.call<&Steps::square>(i));
    auto gathering = gather(std::move(squares));
    int sum = 0;
    for (const int square : co_await gathering) sum += square;
    co_return sum;
  }
  Task<int> first_done() {
    std::vector<Response<int>> responses;
    responses.push_back(steps_.call<&Steps::hold>(0));
    const auto none = co_await when_any(responses, milliseconds(1));
    Steps::release.arrive();
    const auto first = co_await when_any(responses, seconds(30));
    co_return none ? -1 : static_cast<int>(first.value());
  }
  Task<int> patient(int failures) {
    co_return co_await retry(4, milliseconds(1), [this, failures] { return steps_.call<&Steps::flaky>(failures); });
  }
  Task<int> by_name(int x) {
    auto answer = get_deployment_handle("Steps").call<int>("square", x);
    co_return co_await answer;
  }
  Task<std::string> heavy(std::string text) {
    const auto here = std::this_thread::get_id();
    const bool elsewhere =
        co_await compute([](std::thread::id strand) { return strand != std::this_thread::get_id(); }, here);
    if (!elsewhere || here != std::this_thread::get_id()) co_return "wrong thread";
    auto upper = compute(
        [](std::string t) {
          if (t.empty()) throw std::invalid_argument("empty");
          for (char& c : t) c = static_cast<char>(c - 32);
          return t;
        },
        std::move(text));
    co_return co_await upper;
  }
  Task<std::vector<int>> mailed(int count) {
    auto mailbox = std::make_shared<Mailbox<int>>();
    std::thread sender([mailbox, count] {
      for (int i = 0; i < count; ++i) mailbox->push(i);
      mailbox->close();
    });
    sender.detach();
    std::vector<int> got;
    while (auto value = co_await mailbox->next()) got.push_back(*value);
    co_return got;
  }
  using methods = Methods<&Composer::sum_of_squares, &Composer::first_done, &Composer::patient, &Composer::by_name,
                          &Composer::heavy, &Composer::mailed>;

 private:
  Handle<Steps> steps_;
};

class CoroutineHelpersTest : public ::testing::Test {
 protected:
  LocalApp app{Application{.ingress = bind<Composer>(bind<Steps>().with({.max_ongoing_requests = 100}))}};
  Handle<Composer> composer = app.handle<Composer>();
};

TEST_F(CoroutineHelpersTest, GatherWaitsForAll) { EXPECT_EQ(composer.call<&Composer::sum_of_squares>(10).get(), 385); }

TEST_F(CoroutineHelpersTest, WhenAnyGivesUpAndFinds) { EXPECT_EQ(composer.call<&Composer::first_done>().get(), 0); }

TEST_F(CoroutineHelpersTest, RetryTriesAgainWhatIsTransient) {
  EXPECT_EQ(composer.call<&Composer::patient>(2).get(), 3);
}

TEST_F(CoroutineHelpersTest, RetryThrowsTheLastError) {
  EXPECT_THROW(composer.call<&Composer::patient>(9).get(), Exception);
}

TEST_F(CoroutineHelpersTest, ADeploymentOfTheSameApplicationIsFoundByName) {
  EXPECT_EQ(composer.call<&Composer::by_name>(9).get(), 81);
}

TEST_F(CoroutineHelpersTest, ComputeRunsElsewhereAndComesBack) {
  EXPECT_EQ(composer.call<&Composer::heavy>("abc").get(), "ABC");
  EXPECT_THROW(composer.call<&Composer::heavy>("").get(), Exception);
}

TEST_F(CoroutineHelpersTest, AMailboxBringsValuesOfAnotherThreadInOrder) {
  const std::vector<int> got = composer.call<&Composer::mailed>(500).get();
  ASSERT_EQ(got.size(), 500u);
  for (int i = 0; i < 500; ++i) EXPECT_EQ(got[static_cast<std::size_t>(i)], i);
}

TEST(MailboxTest, IsBounded) {
  Mailbox<int> mailbox(2);
  EXPECT_TRUE(mailbox.push(1));
  EXPECT_TRUE(mailbox.push(2));
  EXPECT_FALSE(mailbox.push(3));
}

}  // namespace
}  // namespace manta
