// EXPECT: manta: a method runs in one place: inline_, pool or dedicated
#include "deployments.h"

class Wrong {
 public:
  int one() { return 1; }
  using methods = manta::Methods<manta::pool<manta::dedicated<&Wrong::one>>>;
};

auto wrong() { return manta::bind<Wrong>(); }
