// EXPECT: manta: the path of a route begins with '/'
#include "deployments.h"

struct Routed {
  int one() { return 1; }
  using methods = manta::Methods<manta::route<"GET", "one", &Routed::one>>;
};
auto wrong() { return manta::bind<Routed>(); }
