// EXPECT: manta: plain methods and coroutine methods (Task<R>) in one class
#include "deployments.h"

struct Mixed {
  int plain() { return 1; }
  manta::Task<int> coroutine() { co_return 1; }
  using methods = manta::Methods<&Mixed::plain, &Mixed::coroutine>;
};
auto wrong() { return manta::bind<Mixed>(); }
