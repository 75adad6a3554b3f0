// EXPECT: manta: a coroutine method takes its parameters by value: a reference may dangle when it resumes
#include "deployments.h"

struct Refers {
  manta::Task<int> length(const std::string& text) { co_return static_cast<int>(text.size()); }
  using methods = manta::Methods<&Refers::length>;
};
auto wrong() { return manta::bind<Refers>(); }
