#include <gtest/gtest.h>

#include <thread>

#include "deployments.h"

namespace manta {
namespace {

using std::chrono::milliseconds;

// Lets a test hold calls and see how many are inside.
struct Room {
  void enter() {
    std::unique_lock lock(mutex);
    most = std::max(most, ++inside);
    changed.notify_all();
    changed.wait(lock, [this] { return open; });
    --inside;
  }
  void wait_for(int count) {
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return inside == count; });
  }
  void let_go() {
    const std::lock_guard lock(mutex);
    open = true;
    changed.notify_all();
  }
  std::mutex mutex;
  std::condition_variable changed;
  int inside = 0, most = 0;
  bool open = false;
};
Room* room = nullptr;

class Mixed {
 public:
  Task<int> strand() { co_return thread(); }
  int quick() { return thread(); }
  int pooled() { return thread(); }
  int own() { return thread(); }
  Task<int> slowly() {
    most_ = std::max(most_, ++inside_);
    co_await sleep(milliseconds(5));
    --inside_;
    co_return most_;
  }
  int held() {
    room->enter();
    return 1;
  }
  using methods = Methods<&Mixed::strand, inline_<&Mixed::quick>, pool<&Mixed::pooled>, dedicated<&Mixed::own>,
                          concurrent<2, &Mixed::slowly>, exclusive<dedicated<&Mixed::held>>>;

 private:
  static int thread() {
    return static_cast<int>(std::hash<std::thread::id>()(std::this_thread::get_id()) % 1'000'000'007);
  }
  int inside_ = 0, most_ = 0;
};

class MethodPlacesTest : public ::testing::Test {
 protected:
  void SetUp() override { room = &rooms; }
  void TearDown() override { room = nullptr; }

  template <auto Method>
  int call() {
    return app.handle<Mixed>().call<Method>().get();
  }

  Room rooms;
  testing::LocalApp app{{.ingress = bind<Mixed>().with([] {
    DeploymentConfig config;
    config.max_ongoing_requests = 20;
    return config;
  }())}};
};

TEST_F(MethodPlacesTest, EachMethodRunsWhereItsDeclarationSays) {
  const int strand = call<&Mixed::strand>();
  EXPECT_EQ(call<&Mixed::quick>(), strand);
  const int pooled = call<&Mixed::pooled>(), own = call<&Mixed::own>();
  EXPECT_NE(pooled, strand);
  EXPECT_NE(own, strand);
  EXPECT_NE(own, pooled);
  EXPECT_EQ(call<&Mixed::own>(), own) << "its own thread, each time";
}

TEST_F(MethodPlacesTest, NoMoreThanTheDeclaredNumberRunsAtOnce) {
  std::vector<Response<int>> calls;
  for (int i = 0; i < 8; ++i) calls.push_back(app.handle<Mixed>().call<&Mixed::slowly>());
  int most = 0;
  for (auto& each : calls) most = std::max(most, each.get());
  EXPECT_EQ(most, 2);
}

TEST_F(MethodPlacesTest, OthersRunWhileAnExclusiveMethodIsHeld) {
  auto first = app.handle<Mixed>().call<&Mixed::held>();
  auto second = app.handle<Mixed>().call<&Mixed::held>();
  rooms.wait_for(1);
  EXPECT_NE(call<&Mixed::pooled>(), 0);
  rooms.let_go();
  EXPECT_EQ(first.get() + second.get(), 2);
  EXPECT_EQ(rooms.most, 1);
}

TEST_F(MethodPlacesTest, OneThatWaitsForItsTurnObeysItsDeadlineAndCancellation) {
  auto first = app.handle<Mixed>().call<&Mixed::held>();
  rooms.wait_for(1);
  auto late = app.handle<Mixed>().with({.timeout = milliseconds(20)}).call<&Mixed::held>();
  auto cancelled = app.handle<Mixed>().call<&Mixed::held>();
  cancelled.cancel();
  try {
    late.get();
    FAIL() << "it ran";
  } catch (const Exception& exception) {
    EXPECT_EQ(exception.code(), ErrorCode::DeadlineExceeded);
  }
  rooms.let_go();
  EXPECT_EQ(first.get(), 1);
  EXPECT_EQ(app.handle<Mixed>().call<&Mixed::held>().get(), 1) << "its place is free";
  EXPECT_EQ(rooms.most, 1);
}

}  // namespace
}  // namespace manta
