#include <manta/multiplexed.h>

#include <gmock/gmock.h>

#include <atomic>

#include "deployments.h"

namespace manta {
namespace {

using manta::testing::LocalApp;
using ::testing::ElementsAre;

struct Model {
  explicit Model(std::string name) : id(std::move(name)) { ++alive; }
  ~Model() { --alive; }
  std::string id;
  static inline std::atomic<int> alive = 0;
};

class Models {
 public:
  Task<std::string> answer(std::string id) {
    auto getting = models_.get(std::move(id));
    const auto model = co_await getting;
    co_return model->id;
  }
  Task<std::string> answer_request() {
    auto getting = models_.get();
    const auto model = co_await getting;
    co_return model->id;
  }
  Task<std::vector<std::string>> loaded() { co_return models_.loaded(); }
  using methods = Methods<&Models::answer, &Models::answer_request, &Models::loaded>;

  static inline std::atomic<int> loads = 0;
  static inline Meeting held;

 private:
  Multiplexed<Model> models_{2, [](const std::string& id) {
                               ++loads;
                               if (id == "broken") throw std::runtime_error("no such file");
                               if (id == "slow") held.wait_for(1);
                               return std::make_shared<Model>(id);
                             }};
};

class MultiplexedTest : public ::testing::Test {
 protected:
  void SetUp() override { Models::loads = 0; }
  std::string answer(const std::string& id) { return handle.call<&Models::answer>(id).get(); }
  std::vector<std::string> loaded() { return handle.call<&Models::loaded>().get(); }
  LocalApp app{{.ingress = bind<Models>().with({.max_ongoing_requests = 100})}};
  Handle<Models> handle = app.handle<Models>();
};

TEST_F(MultiplexedTest, TheLeastRecentlyUsedLeavesFirst) {
  EXPECT_EQ(answer("a"), "a");
  EXPECT_EQ(answer("b"), "b");
  EXPECT_EQ(answer("a"), "a");
  EXPECT_EQ(Models::loads, 2);
  EXPECT_EQ(answer("c"), "c");
  EXPECT_THAT(loaded(), ElementsAre("c", "a"));
  EXPECT_EQ(Models::loads, 3);
  EXPECT_EQ(Model::alive, 2);
}

TEST_F(MultiplexedTest, TheRequestNamesItsModel) {
  EXPECT_EQ(handle.with({.multiplexed_model_id = "de"}).call<&Models::answer_request>().get(), "de");
  try {
    handle.call<&Models::answer_request>().get();
    FAIL() << "no model was named";
  } catch (const Exception& exception) {
    EXPECT_EQ(exception.code(), ErrorCode::InvalidArgument);
    EXPECT_THAT(exception.error().message, ::testing::HasSubstr("serve_multiplexed_model_id"));
  }
}

TEST_F(MultiplexedTest, AFailedLoadIsTheErrorOfThatRequestAndTriedAgainByTheNext) {
  for (int i = 1; i <= 2; ++i) {
    EXPECT_THROW(answer("broken"), Exception);
    EXPECT_EQ(Models::loads, i);
  }
  EXPECT_EQ(answer("a"), "a");
}

TEST_F(MultiplexedTest, RequestsForTheSameModelShareOneLoadAlsoWhenTheFirstGoesAway) {
  auto first = handle.call<&Models::answer>("slow");
  while (Models::loads == 0) std::this_thread::yield();
  std::vector<Response<std::string>> others;
  for (int i = 0; i < 5; ++i) others.push_back(handle.call<&Models::answer>("slow"));
  auto other = handle.call<&Models::answer>("a");
  first.cancel();
  Models::held.arrive();
  for (auto& response : others) EXPECT_EQ(response.get(), "slow");
  EXPECT_EQ(other.get(), "a");
  EXPECT_EQ(Models::loads, 2);
}

TEST(MultiplexedLimitTest, NoneIsRefusedAndMinusOneIsNoLimit) {
  EXPECT_THROW(Multiplexed<Model>(0, nullptr), Exception);
  EXPECT_NO_THROW(Multiplexed<Model>(-1, nullptr));
}

}  // namespace
}  // namespace manta
