#include <gtest/gtest.h>

#include <thread>

#include "deployments.h"

namespace manta {
namespace {

using manta::testing::LocalApp;
using std::chrono::milliseconds;

// Runs until it is told that nobody waits any more; looks at the flag only, as cancelled() knows the deadline by
// itself.
struct Patient {
  static inline Meeting started, told;
  int work() {
    started.arrive();
    while (!request_context().cancelled) std::this_thread::yield();
    told.arrive();
    return 0;
  }
  using methods = Methods<&Patient::work>;
};

struct Asks {
  explicit Asks(Handle<Patient> patient) : patient_(patient) {}
  Task<int> ask() {
    auto working = patient_.call<&Patient::work>();
    co_return co_await working;
  }
  Handle<Patient> patient_;
  using methods = Methods<&Asks::ask>;
};

struct AsksPlainly {
  explicit AsksPlainly(Handle<Patient> patient) : patient_(patient) {}
  int ask() { return patient_.call<&Patient::work>().get(); }
  Handle<Patient> patient_;
  using methods = Methods<&AsksPlainly::ask>;
};

class CancellationTest : public ::testing::Test {
 protected:
  void SetUp() override { started_ = ++runs_; }
  static inline int runs_ = 0;
  int started_ = 0;
};

TEST_F(CancellationTest, DroppingAResponseCancelsDownTheGraph) {
  LocalApp app({.ingress = bind<Asks>(bind<Patient>())});
  {
    auto asking = app.handle<Asks>().call<&Asks::ask>();
    ASSERT_TRUE(Patient::started.wait_for(started_));
  }
  EXPECT_TRUE(Patient::told.wait_for(started_));
}

TEST_F(CancellationTest, AThreadThatWaitsForACallIsWokenAndCancelsIt) {
  LocalApp app({.ingress = bind<AsksPlainly>(bind<Patient>())});
  {
    auto asking = app.handle<AsksPlainly>().call<&AsksPlainly::ask>();
    ASSERT_TRUE(Patient::started.wait_for(started_));
  }
  EXPECT_TRUE(Patient::told.wait_for(started_));
}

TEST_F(CancellationTest, TheDeadlineCancels) {
  LocalApp app({.ingress = bind<Asks>(bind<Patient>())});
  auto asking = app.handle<Asks>().with({.timeout = milliseconds(50)}).call<&Asks::ask>();
  try {
    asking.get();
    FAIL();
  } catch (const Exception& exception) {
    EXPECT_EQ(exception.code(), ErrorCode::DeadlineExceeded);
  }
  EXPECT_TRUE(Patient::told.wait_for(started_));
}

TEST_F(CancellationTest, CancelEndsTheResponseAsCancelled) {
  LocalApp app({.ingress = bind<Patient>()});
  auto working = app.handle<Patient>().call<&Patient::work>();
  ASSERT_TRUE(Patient::started.wait_for(started_));
  working.cancel();
  try {
    working.get();
    FAIL();
  } catch (const Exception& exception) {
    EXPECT_EQ(exception.code(), ErrorCode::Cancelled);
  }
  EXPECT_TRUE(Patient::told.wait_for(started_));
}

TEST_F(CancellationTest, GetWithATimeoutLeavesTheCallRunning) {
  LocalApp app({.ingress = bind<Patient>()});
  auto working = app.handle<Patient>().call<&Patient::work>();
  ASSERT_TRUE(Patient::started.wait_for(started_));
  EXPECT_FALSE(working.wait(milliseconds(1)));
  EXPECT_THROW(working.get(milliseconds(1)), Exception);
  EXPECT_FALSE(working.done());
}

TEST_F(CancellationTest, ADetachedCallRunsToItsEnd) {
  struct Note {
    static Meeting& written() {
      static Meeting meeting;
      return meeting;
    }
    void write() { written().arrive(); }
    using methods = Methods<&Note::write>;
  };
  --runs_;
  LocalApp app({.ingress = bind<Note>()});
  app.handle<Note>().call<&Note::write>().detach();
  EXPECT_TRUE(Note::written().wait_for(1));
}

TEST_F(CancellationTest, ClosingTheApplicationEndsWhatRuns) {
  auto app = std::make_unique<LocalApp>(Application{.ingress = bind<Asks>(bind<Patient>())});
  auto asking = app->handle<Asks>().call<&Asks::ask>();
  ASSERT_TRUE(Patient::started.wait_for(started_));
  app.reset();
  EXPECT_THROW(asking.get(), Exception);
}

}  // namespace
}  // namespace manta
