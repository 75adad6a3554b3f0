// EXPECT: manta: concurrent<N, &D::m> lets at least one call run: N is 1 or more
#include "deployments.h"

class Wrong {
 public:
  int one() { return 1; }
  using methods = manta::Methods<manta::concurrent<0, &Wrong::one>>;
};

auto wrong() { return manta::bind<Wrong>(); }
