#include <gtest/gtest.h>

#include <mutex>

#include "deployments.h"

namespace manta {
namespace {

// What happened, in order, over all threads of one test.
struct Events {
  void add(const std::string& what) {
    const std::lock_guard lock(mutex);
    all += what + " ";
  }
  std::string all;
  std::mutex mutex;
};
Events* hook_events = nullptr;

class HooksTest : public ::testing::Test {
 protected:
  void SetUp() override { hook_events = &events; }
  void TearDown() override { hook_events = nullptr; }
  Events events;
};

class Plain {
 public:
  Plain() { hook_events->add("constructed"); }
  ~Plain() { hook_events->add("destroyed"); }
  void reconfigure(int) { hook_events->add("reconfigured"); }
  void on_start() { hook_events->add("started"); }
  void on_stop() { hook_events->add("stopped"); }
  void check_health() { hook_events->add("healthy"); }
  int work() { return 1; }
  using methods = Methods<&Plain::work>;
};

class Waiting {
 public:
  Task<void> on_start() {
    co_await sleep(std::chrono::milliseconds(1));
    hook_events->add("started in " + replica_context().deployment);
  }
  Task<void> on_stop() {
    co_await sleep(std::chrono::milliseconds(1));
    hook_events->add("stopped");
  }
  Task<int> work() { co_return 1; }
  using methods = Methods<&Waiting::work>;
};

class Refusing {
 public:
  void on_start() { throw std::runtime_error("no licence"); }
  void on_stop() { hook_events->add("stopped"); }
  int work() { return 1; }
  using methods = Methods<&Refusing::work>;
};

class StopThrows {
 public:
  ~StopThrows() { hook_events->add("destroyed"); }
  void on_stop() { throw std::runtime_error("cannot say goodbye"); }
  int work() { return 1; }
  using methods = Methods<&StopThrows::work>;
};

TEST_F(HooksTest, ThePlainHooksRunOnceAtTheirPlaceInAReplicasLife) {
  {
    DeploymentConfig config;
    config.user_config = "1";
    testing::LocalApp app({.ingress = bind<Plain>().with(config)});
    EXPECT_EQ(app.handle<Plain>().call<&Plain::work>().get(), 1);
  }
  EXPECT_EQ(events.all, "constructed reconfigured started healthy stopped destroyed ");
}

TEST_F(HooksTest, AHookMayBeACoroutine) {
  {
    testing::LocalApp app({.ingress = bind<Waiting>()});
  }
  EXPECT_EQ(events.all, "started in Waiting stopped ");
}

TEST_F(HooksTest, AFailureOfOnStartIsTheStartFailureAndOnStopIsNotCalled) {
  try {
    testing::LocalApp app({.ingress = bind<Refusing>()});
    FAIL() << "it started";
  } catch (const Exception& exception) {
    EXPECT_STREQ(exception.what(), "Refusing: on_start() failed: no licence");
  }
  EXPECT_EQ(events.all, "");
}

TEST_F(HooksTest, AFailureOfOnStopDoesNotKeepTheObject) {
  {
    testing::LocalApp app({.ingress = bind<StopThrows>()});
  }
  EXPECT_EQ(events.all, "destroyed ");
}

}  // namespace
}  // namespace manta
