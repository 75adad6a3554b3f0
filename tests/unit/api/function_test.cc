#include <manta/function.h>

#include <gtest/gtest.h>

#include "deployments.h"

namespace manta {
namespace {

using manta::testing::LocalApp;

int twice(int x) { return 2 * x; }
Task<std::string> greet(std::string name, int times) {
  std::string text;
  for (int i = 0; i < times; ++i) text += "hello " + name + ";";
  co_return text;
}

class Caller {
 public:
  explicit Caller(Handle<Function<&twice>> function) : twice_(std::move(function)) {}
  Task<int> four_times(int x) {
    auto once = call_function<&twice>(twice_, x);
    auto again = call_function<&twice>(twice_, std::move(once));
    co_return co_await again;
  }
  using methods = Methods<&Caller::four_times>;

 private:
  Handle<Function<&twice>> twice_;
};

TEST(FunctionTest, IsADeploymentUnderItsName) {
  static_assert(Function<&twice>::deployment_name == "twice");
  LocalApp app({.ingress = bind<Caller>(bind_function<&twice>())});
  EXPECT_EQ(app.handle<Caller>().call<&Caller::four_times>(3).get(), 12);
  EXPECT_EQ(app.handle("twice").call<int>("call", 4).get(), 8);
}

TEST(FunctionTest, MayBeACoroutineAndTheIngress) {
  LocalApp app({.ingress = bind_function<&greet>()});
  EXPECT_EQ(call_function<&greet>(app.handle<Function<&greet>>(), "you", 2).get(), "hello you;hello you;");
}

}  // namespace
}  // namespace manta
