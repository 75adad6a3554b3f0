// EXPECT: manta: a deployment class lists what it serves: using methods = manta::Methods<&D::method>;
#include "deployments.h"

struct Silent {
  int one() { return 1; }
};
auto wrong() { return manta::bind<Silent>(); }
