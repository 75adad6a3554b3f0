// EXPECT: manta: a coroutine method runs on the strand: inline_, pool and dedicated are for plain methods
#include "deployments.h"

class Wrong {
 public:
  manta::Task<int> one() { co_return 1; }
  using methods = manta::Methods<manta::pool<&Wrong::one>>;
};

auto wrong() { return manta::bind<Wrong>(); }
